import type { ErrorCode } from '#common/contract/errors.ts'
import type { JobId } from '#common/contract/ids.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import { getImage } from '#main/project/image-repository.ts'
import { listJobFailures } from '#main/project/job-repository.ts'
import type { Project } from '#main/project/project.ts'

/** The images of a job that could not be done, by their names. */
export async function failuresOfJob(project: Project, jobId: JobId): Promise<Failure[]> {
  const failures: Failure[] = []
  const limit = 1000
  for (let after = 0; ;) {
    const page = await listJobFailures(project.read, jobId, { after, limit })
    for (const { imageId, code, message } of page) {
      const image = imageId === null ? '' : (await getImage(project.read, imageId)).file
      failures.push({ image, code: code as ErrorCode, message })
    }
    if (page.length < limit) return failures
    after = page.at(-1)!.id
  }
}

import { AppError } from '#common/contract/errors.ts'
import type { JobId } from '#common/contract/ids.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import { addJobFailure, updateJob } from '#main/project/job-repository.ts'
import type { Project } from '#main/project/project.ts'
import { failureOf } from '../failures.ts'

interface FailedImage {
  readonly project: Project
  readonly jobId: JobId
  readonly image: ProjectImage
  /** images of the job before this one */
  readonly done: number
  readonly now: () => number
}

/**
 * Notes with the job that an image could not be done; the rest goes on.
 * @throws the error itself where it is not about this image alone: going on makes no sense then
 */
export async function noteImageFailure(
  { project, jobId, image, done, now }: FailedImage,
  error: unknown,
): Promise<void> {
  if (isFatal(error)) throw error
  const { code, message } = failureOf(image.file, error)
  await project.write(
    { actor: 'program', action: 'image.fail', subject: `image:${image.id}`, data: { code } },
    async (trx) => {
      await addJobFailure(trx, jobId, { imageId: image.id, code, message, at: now() })
      await updateJob(trx, jobId, { done: done + 1, now: now() })
    },
  )
}

const fatalSubjects = ['project', 'model', 'explainer', 'runtime'] as const

/** Errors that are not about one image: going on would fail for all of them, or lose work. */
function isFatal(error: unknown): boolean {
  if (!(error instanceof AppError)) return true
  return error.code === 'file.unwritable' || fatalSubjects.some((subject) => error.code.startsWith(`${subject}.`))
}

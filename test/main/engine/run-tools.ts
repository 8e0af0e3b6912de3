import { join } from 'node:path'
import type { z } from 'zod'
import type { EngineClient } from '#common/contract/index.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { RunSpec } from '#common/contract/procedures/running.ts'
import type { JobId } from '#common/contract/ids.ts'
import { getJob, type Job } from '#main/project/job-repository.ts'
import { makePhotos, writeCoco, type CocoOptions, type Photo, type PhotoOptions } from '../../builders/dataset.ts'
import { folderIn, newProject, reading } from './engine-tools.ts'

export type Spec = z.input<typeof RunSpec>
export type RunResult = Awaited<ReturnType<EngineClient['job.watch']>>
export type ScoreRow = Awaited<ReturnType<EngineClient['scores.list']>>['scores'][number]

export interface RunSetting {
  readonly folder: string
  readonly path: string
  readonly project: number
  readonly images: string
  readonly photos: Photo[]
}

/** A new project with photos and their masks. */
export async function setUpRun(
  client: EngineClient,
  root: string,
  options: PhotoOptions & CocoOptions = {},
): Promise<RunSetting> {
  const folder = folderIn(root)
  const path = join(folder, 'test.obalex')
  const images = join(folder, 'photos')
  const photos = await makePhotos(images, options)
  const annotations = await writeCoco(join(folder, 'coco.json'), photos, options)
  const project = await newProject(client, path)
  await client['dataset.import']({ project, format: 'coco', images, annotations })
  return { folder, path, project, images, photos }
}

export const occlusion = { method: 'occlusion', options: { patch: 8, stride: 4 } }
export const gradcam = { method: 'gradcam' }

/** A run with both methods, standard variants, unless said otherwise. */
export function specOf(model: string, changes: Partial<Spec> = {}): Spec {
  return { models: [{ path: model }], methods: [occlusion, gradcam], ...changes }
}

/** Runs to the end and gives what it came to. */
export async function runToEnd(
  client: EngineClient,
  project: number,
  spec: Spec,
  onEvent: (progress: Progress) => void = () => undefined,
): Promise<RunResult & { readonly job: number }> {
  const { job } = await client['run.start']({ project, spec })
  return { job, ...(await client['job.watch']({ project, job }, { onEvent })) }
}

/** All scores in force, page by page. */
export async function allScores(client: EngineClient, project: number, limit = 1000): Promise<ScoreRow[]> {
  const all: ScoreRow[] = []
  for (let after: number | null = null; ;) {
    const { scores, next }: Awaited<ReturnType<EngineClient['scores.list']>> = await client['scores.list']({
      project,
      after,
      limit,
    })
    all.push(...scores)
    if (next === null) return all
    after = next
  }
}

/** A job as it stands in the project file. */
export function jobOf(path: string, job: number): Promise<Job> {
  return reading(path, ({ read }) => getJob(read, job as JobId))
}

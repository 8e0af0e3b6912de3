import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { ModelRequest } from '#common/contract/procedures/models.ts'
import type { Project } from '#main/project/project.ts'
import { importDataset } from './importing.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'

/** Of the scenes; the sample classifiers were trained on other scenes of the same seed. */
const sceneSeed = 1

/** The classifiers that come with the program, made by `npm run sample:train`. */
const classifiers = ['shortcut', 'fair'] as const

/** What the connection that asks opens and closes projects with. */
type Opening = Pick<EngineHandlers, 'project.create' | 'project.open' | 'project.close'>

/** @param own of the connection, so that a window builds the sample that it has open, and no other window's */
export function sampleHandlers(
  { projects, now }: Pick<Services, 'projects' | 'now'>,
  own: Opening,
): Pick<EngineHandlers, 'sample.build'> {
  return {
    'sample.build': async ({ folder }, { signal, emit }) => {
      const context = { signal, emit: () => undefined }
      const photos = join(resolve(folder), 'photos')
      const path = join(resolve(folder), 'sample.obalex')
      // before anything is drawn: another window may write it
      const known = existsSync(path) ? await own['project.open']({ path, mode: 'write' }, context) : null
      let project = known?.project
      try {
        const annotations = await drawPhotos(photos, signal, new ProgressMeter(emit))
        project ??= (await own['project.create']({ path }, context)).project
        const handle = project
        await projects.during(handle, signal, (stop) =>
          takeIn(projects.get(handle), { photos, annotations }, { signal: stop, emit, now }),
        )
      } finally {
        if (project !== undefined) await own['project.close']({ project }, context)
      }
      return { project: path, models: sampleModels() }
    },
  }
}

async function drawPhotos(folder: string, signal: AbortSignal, meter: ProgressMeter): Promise<string> {
  // only here: its tables take a moment, and few ask for the sample
  const { writeSampleImages } = await import('#main/sample/scenes/write-sample-images.ts')
  const { sampleSplits } = await import('#main/sample/scenes/sample-plan.ts')
  const plan = sampleSplits.find(({ split }) => split === 'test')!
  const onProgress = (done: number, total: number): void => meter.report('drawing the sample’s photos', done, total)
  return (await writeSampleImages(folder, { seed: sceneSeed, plan, signal, onProgress })).annotations
}

async function takeIn(
  project: Project,
  { photos, annotations }: { readonly photos: string; readonly annotations: string },
  context: Parameters<typeof importDataset>[2],
): Promise<void> {
  const request = {
    format: 'coco',
    images: photos,
    annotations,
    labels: 'folder',
    as: 'machine',
    dryRun: false,
  } as const
  await importDataset(project, request, context)
}

function sampleModels(): ModelRequest[] {
  const folder = fileURLToPath(new URL('../../resources/sample', import.meta.url))
  return classifiers.map((name) => ({ path: join(folder, name, 'model.json') }))
}

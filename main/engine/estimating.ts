import { canonicalJson, type JsonObject } from '#common/contract/canonical-json.ts'
import type { ImageId } from '#common/contract/ids.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import type { RunSpec } from '#common/contract/procedures/running.ts'
import { countExplained, meanMapBytes, type MapSetting } from '#main/project/explanation-counts.ts'
import { listModels } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import { completeOptions } from './complete-options.ts'
import { withSecondTry } from './compute-device.ts'
import { isModel } from './project-model.ts'
import { runImages } from './run-images.ts'
import { imageSeconds } from './run-speed.ts'
import type { Services } from './services.ts'
import { cardOf } from './stored-card.ts'

/** Of a map beside its values (its rows and their indices), and of a prediction with its entry in the log; as measured. */
const bytesBesideMap = 900
const bytesOfPrediction = 1000
/** Of the values of a map whose like the project does not have. */
const usualMapBytes = 1200

/** What a run would take. */
export function estimatingHandlers({
  projects,
  compute,
  speeds,
}: Pick<Services, 'projects' | 'compute' | 'speeds'>): Pick<EngineHandlers, 'run.estimate'> {
  return {
    'run.estimate': async ({ project: handle, spec }, { signal }) => {
      const project = projects.get(handle)
      const images = await imagesOf(project, spec)
      const methods = spec.methods.map(({ method, options }) => ({ method, options: completeOptions(method, options) }))
      const sum = { nImages: images.n, nMaps: 0, seconds: 0 as number | null, bytes: 0 }
      for (const request of spec.models) {
        const { info } = await withSecondTry(() => compute.classifier(request, signal))
        const left = await whatIsLeft(project, { info, images, methods, spec })
        const seconds = await imageSeconds(speeds, info, { ...spec, methods })
        const passes = Math.max(left.predictions, ...left.maps.filter((_, i) => seconds.methods[i]!.sharesPass))
        sum.seconds = left.maps.reduce<number | null>(
          (total, n, i) => addTime(total, n, seconds.methods[i]!.seconds),
          addTime(sum.seconds, passes, seconds.prediction),
        )
        sum.nMaps += left.maps.reduce((total, n) => total + n, 0)
        sum.bytes += left.bytes
      }
      return sum
    },
  }
}

/** What was never measured is no matter where nothing of it is to be done. */
function addTime(total: number | null, n: number, secondsEach: number | null): number | null {
  if (n === 0 || total === null) return total
  return secondsEach === null ? null : total + n * secondsEach
}

interface RunImages {
  readonly n: number
  readonly split: string | null
  readonly last: ImageId
}

async function imagesOf(project: Project, spec: RunSpec): Promise<RunImages> {
  let [n, last] = [0, 0 as ImageId]
  for await (const { id } of runImages(project, spec)) {
    n++
    last = id
  }
  return { n, split: spec.split, last }
}

interface Work {
  readonly info: ClassifierInfo
  readonly images: RunImages
  readonly methods: readonly { readonly method: string; readonly options: JsonObject }[]
  readonly spec: RunSpec
}

async function whatIsLeft(
  project: Project,
  { info, images, methods, spec }: Work,
): Promise<{ readonly predictions: number; readonly maps: readonly number[]; readonly bytes: number }> {
  const { read } = project
  const model = (await listModels(read)).find((known) => isModel(info, known, cardOf(known)))
  const nDone = (setting: MapSetting | null): Promise<number> =>
    model === undefined ? Promise.resolve(0) : countExplained(read, { modelId: model.id, ...images, setting })
  const predictions = images.n - (await nDone(null))
  const maps: number[] = []
  let bytes = predictions * bytesOfPrediction
  for (const { method, options } of methods) {
    const setting = { method, variant: spec.variant, options: canonicalJson(options) }
    const left = images.n - (await nDone(setting))
    maps.push(left)
    bytes += left * (bytesBesideMap + ((await meanMapBytes(read, setting)) ?? usualMapBytes))
  }
  return { predictions, maps, bytes: Math.round(bytes) }
}

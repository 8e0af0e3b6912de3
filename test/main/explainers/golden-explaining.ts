import { readFileSync } from 'node:fs'
import type { ArchitectureName } from '#common/contract/procedures/models.ts'
import type { NativeMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { obalexScore } from '#common/score/obalex.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import type { Explainer, Variant } from '#main/explainers/explainer.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { goldenArray } from '../../common/explanation/goldens.ts'
import { testData } from '../../builders/test-data.ts'

const size = { width: 224, height: 224 }

interface Meta {
  readonly label: number
  /** by golden */
  readonly obalex: Readonly<Record<string, number>>
}

interface GoldenNetwork {
  readonly path: string
  readonly architecture?: ArchitectureName
}

/** The networks of goldens/explainers. */
export const goldenNetworks: Readonly<Record<string, GoldenNetwork>> = {
  mobilenet025: { path: 'data/mobilenet-v1-0.25-tfjs/model.json' },
  resnet50: { path: 'goldens/arch/resnet50_periodic.h5', architecture: 'resnet50' },
  vgg16: { path: 'goldens/arch/vgg16_periodic.h5', architecture: 'vgg16' },
}

/** Loads one of them; both prediction and gradients are the runtime's own. */
export async function loadGolden({ path, architecture: name }: GoldenNetwork, runtime: Runtime): Promise<Classifier> {
  await runtime.start()
  const architecture = name && { name, alpha: 1 as const, top: true }
  return loadClassifier(testData(path), { card: {}, runtime: 'auto', architecture }, () => Promise.resolve([runtime]))
}

/** Explains a photo of the goldens as its Python reference did. @param photo MODEL/PHOTO */
export async function explainGolden<Options>(
  photo: string,
  { classifier, explainer, variant }: { classifier: Classifier; explainer: Explainer<Options>; variant: Variant },
): Promise<{ meta: Meta; native: NativeMap; map: Float64Array; obalex: number }> {
  const meta = JSON.parse(readFileSync(testData(`goldens/explainers/${photo}/meta.json`), 'utf8')) as Meta
  const bytes = goldenArray(`explainers/${photo}/photo`).data as Uint8Array
  const native = await explainer.explain({
    classifier,
    input: preprocess(bytes, classifier.info.card.preprocess),
    photo: bytes,
    classIndex: meta.label,
    against: null,
    variant,
    options: explainer.options.parse({}),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
  const map = renderMap(native, size).data
  const mask = Float32Array.from(goldenArray(`explainers/${photo}/mask`).data, (value) => (value > 0 ? 1 : 0))
  const { obalex } = obalexScore({ ...size, mask, map, variant: 'paper' })
  return { meta, native, map, obalex: obalex! }
}

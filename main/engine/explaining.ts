import { z } from 'zod'
import type { EngineContract, EngineHandlers } from '#common/contract/index.ts'
import type { HandlerContext } from '#common/contract/rpc.ts'
import type { ExplainerDescription } from '#common/contract/procedures/explaining.ts'
import { decodeNative, type NativeMap } from '#common/explanation/native-map.ts'
import { overlayMap } from '#common/explanation/overlay.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import type { Float64Map } from '#common/explanation/map.ts'
import type { Explainer } from '#main/explainers/explainer.ts'
import { explainerById, explainers, requireVariant } from '#main/explainers/registry.ts'
import { writeMap, writePng } from '#main/files/map-file.ts'
import { topClasses } from './class-scores.ts'
import { completeOptions } from './complete-options.ts'
import type { ComputeDevice } from './compute-device.ts'
import { readPhotoInput } from './photo-input.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'

type Explanation = EngineContract['explanation.compute']

export function explainingHandlers({
  compute,
}: Services): Pick<EngineHandlers, 'explainers.list' | 'explanation.compute'> {
  return {
    'explainers.list': () => Promise.resolve({ explainers: explainers.map(describeExplainer) }),

    'explanation.compute': (request, context) => explainPhoto(compute, request, context),
  }
}

function describeExplainer(explainer: Explainer): ExplainerDescription {
  const { id, label, description } = explainer
  const { $schema: _, ...options } = z.toJSONSchema(explainer.options, { io: 'input' })
  return { id, label, description, variants: [...explainer.variants], options }
}

async function explainPhoto(
  compute: ComputeDevice,
  { model, image, method, variant, options, classIndex, against, files }: z.output<Explanation['input']>,
  context: HandlerContext<Explanation>,
): Promise<z.input<Explanation['output']>> {
  const { signal } = context
  // so that a slip of the pen does not wait for the model to load
  requireVariant(explainerById(method), variant)
  completeOptions(method, options)
  const meter = new ProgressMeter((progress) => context.emit(progress))
  const classifier = await compute.classifier(model, signal)
  const { info } = classifier
  const { input } = await readPhotoInput(image, info.card)
  const predicted = await classifier.predict(input.data, 1, { signal })
  const index = classIndex ?? topClasses(info, predicted, 1)[0]!.index
  const { header, values, seconds } = await classifier.explain(
    { image: input.data, classIndex: index, against, method, variant, options },
    { signal, onShare: (share) => meter.report(`explaining by ${method}`, share * 100, 100) },
  )
  const native = decodeNative({ header, values })
  const map = renderMap(native, info.card)
  if (files.map !== undefined) await writeMap(files.map, map)
  if (files.native !== undefined) await writeMap(files.native, gridOf(native))
  if (files.overlay !== undefined) await writePng(files.overlay, overlayMap(input, map))
  return {
    classifier: info,
    method,
    variant,
    class: index,
    label: info.card.labels?.[index] ?? null,
    against,
    probability: predicted.probabilities[index]!,
    shape: [map.height, map.width],
    ...extent(map.data),
    seconds,
    native: describeNative(native),
    map: map.data,
  }
}

function describeNative(native: NativeMap): z.input<Explanation['output']>['native'] {
  const { kind, values, note } = native
  const { height, width } = gridOf(native)
  const { min, max } = extent(values)
  return { kind, shape: [height, width], min, max, note: note ?? null }
}

/** The values before any step; of segments, every pixel has its segment's. */
function gridOf(native: NativeMap): Float64Map {
  if (native.kind === 'segments') return renderMap({ ...native, steps: [] }, native)
  return { width: native.cols, height: native.rows, data: native.values }
}

function extent(values: Float64Array): { min: number; max: number; sum: number } {
  let min = Infinity
  let max = -Infinity
  let sum = 0
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
    sum += value
  }
  return { min, max, sum }
}

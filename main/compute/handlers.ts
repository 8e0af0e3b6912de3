import type { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { HandlerContext, Handlers } from '#common/contract/rpc.ts'
import { describeIssues } from '#common/contract/rpc.ts'
import { encodeNative } from '#common/explanation/native-map.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import type { ExplainedScore } from '#main/explainers/class-score.ts'
import { explainerById, requireVariant } from '#main/explainers/registry.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import { logitsInBatches, type Classifier } from '#main/tensor/classifier.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import { probeRuntime } from '#main/tensor/probe.ts'
import { nativeRuntimeOf } from '#main/tensor/tfjs/native-runtime.ts'
import { benchRuntimes } from './bench-runtimes.ts'
import type { ComputeContract } from './contract.ts'
import { LastInput } from './last-input.ts'
import { LoadedClassifiers } from './loaded-classifiers.ts'
import { LoadedDetector } from './loaded-detector.ts'
import { SerialQueue } from './serial-queue.ts'
import { untilAborted } from './until-aborted.ts'

type Predict = ComputeContract['classifier.predict']
type Explain = ComputeContract['classifier.explain']
type Load = z.output<ComputeContract['classifier.load']['input']>
type Input<P extends Predict | Explain> = Omit<z.output<P['input']>, 'handle'>
type Output<P extends Predict | Explain> = z.input<P['output']>

/** The handlers of one compute process, over the classifiers it has loaded. */
export function computeHandlers(): Handlers<ComputeContract> {
  const chooser = new RuntimeChooser()
  const queue = new SerialQueue()
  const last = new LastInput()
  const classifiers = new LoadedClassifiers(({ path, ...options }: Load) =>
    loadClassifier(path, options, (preference) => chooser.choose(preference)),
  )
  const detector = new LoadedDetector(chooser)
  return {
    'runtime.probe': (_, { signal }) => queue.run(async () => [...(await chooser.reports())], signal),

    'runtime.probe-build': ({ folder }, { signal }) => queue.run(() => probeRuntime(nativeRuntimeOf(folder)), signal),

    'runtime.bench': ({ all }, { signal, emit }) =>
      queue.run(async () => {
        const bench = benchRuntimes({ reports: await chooser.reports(), all, signal, onProgress: emit })
        return untilAborted(bench, signal)
      }, signal),

    'classifier.load': (request, { signal }) => queue.run(() => classifiers.add(request), signal),

    'classifier.unload': ({ handle }) =>
      queue.run(async () => {
        await classifiers.remove(handle)
        return {}
      }),

    'classifier.predict': ({ handle, ...input }, { signal }) =>
      queue.run(async () => {
        const classifier = await classifiers.get(handle)
        return predict(classifier, input, { signal, preprocessed: (photo) => last.of(handle, classifier, photo) })
      }, signal),

    'classifier.explain': ({ handle, ...input }, context) =>
      queue.run(async () => {
        const classifier = await classifiers.get(handle)
        return explain(classifier, input, { context, preprocessed: (photo) => last.of(handle, classifier, photo) })
      }, context.signal),

    'detector.describe': (wanted, { signal }) => queue.run(async () => (await detector.get(wanted)).info, signal),

    'detector.detect': ({ image, width, height, minScore, ...wanted }, { signal, emit }) =>
      queue.run(async () => {
        const loaded = await detector.get(wanted)
        if (image.length !== width * height * 3) {
          throw new AppError('shape.mismatch', `a photo of ${width}×${height} pixels has not ${image.length} bytes`)
        }
        const start = performance.now()
        const options = { minScore, signal, onProgress: (share: number) => emit({ share }) }
        const found = await loaded.detect({ data: image, width, height }, options)
        const objects = found.map(({ rle, ...object }) => ({
          ...object,
          bbox: [...object.bbox] as [number, number, number, number],
          counts: compressCounts(rle.counts),
        }))
        return { info: loaded.info, objects, seconds: (performance.now() - start) / 1000 }
      }, signal),
  }
}

async function predict(
  classifier: Classifier,
  { images, n }: Input<Predict>,
  { signal, preprocessed }: { readonly signal: AbortSignal; readonly preprocessed: Preprocessed },
): Promise<Output<Predict>> {
  const { nClasses, card } = classifier.info
  const size = card.width * card.height * 3
  requireLength(images, n * size)
  const timer = new AloneTimer(classifier)
  const logits =
    n === 1
      ? await classifier.cleanLogits(preprocessed(images))
      : await logitsInBatches(
          classifier,
          n,
          (i, target) => preprocess(images.subarray(i * size, (i + 1) * size), card.preprocess, target),
          { signal },
        )
  const probabilities = new Float64Array(logits.length)
  for (let at = 0; at < logits.length; at += nClasses) {
    probabilities.set(classifier.probabilities(logits.subarray(at, at + nClasses)), at)
  }
  return { logits, probabilities, seconds: timer.seconds }
}

/** The same array for the same photo, by which the classifier knows again what it computed of it. */
type Preprocessed = (photo: Uint8Array) => Float32Array

/** Times work on one photo as if it were done alone: what was computed for it before counts too. */
class AloneTimer {
  readonly #classifier: Classifier
  readonly #saved: number
  readonly #start = performance.now()

  constructor(classifier: Classifier) {
    this.#classifier = classifier
    this.#saved = classifier.savedSeconds ?? 0
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000 + (this.#classifier.savedSeconds ?? 0) - this.#saved
  }
}

interface ExplainParts {
  readonly context: HandlerContext<Explain>
  readonly preprocessed: Preprocessed
}

async function explain(
  classifier: Classifier,
  { image, classIndex, against, method, variant, options }: Input<Explain>,
  { context, preprocessed }: ExplainParts,
): Promise<Output<Explain>> {
  const { nClasses, card } = classifier.info
  requireLength(image, card.width * card.height * 3)
  requireClasses({ classIndex, against }, nClasses)
  const explainer = explainerById(method)
  requireVariant(explainer, variant)
  const parsed = explainer.options.safeParse(options)
  if (!parsed.success) throw new AppError('explainer.options', `${explainer.label}: ${describeIssues(parsed.error)}`)
  const timer = new AloneTimer(classifier)
  const native = await explainer.explain({
    classifier,
    input: preprocessed(image),
    photo: image,
    classIndex,
    against,
    variant,
    options: parsed.data,
    signal: context.signal,
    onProgress: (share) => context.emit({ share }),
  })
  return { ...encodeNative(native), seconds: timer.seconds }
}

/** @throws AppError 'explainer.class' */
function requireClasses({ classIndex, against }: ExplainedScore, nClasses: number): void {
  const missing = [classIndex, against ?? 0].find((index) => index >= nClasses)
  if (missing !== undefined) {
    const known = nClasses === 1 ? 'the model’s only class is 0' : `the model’s classes are 0 to ${nClasses - 1}`
    throw new AppError('explainer.class', `class ${missing} does not exist: ${known}`)
  }
  if (against === classIndex) {
    throw new AppError('explainer.class', `class ${classIndex} cannot be explained against itself`, {
      hint: 'Choose another class to compare with, or none.',
    })
  }
}

/** @throws AppError 'shape.mismatch' */
function requireLength(bytes: Uint8Array, length: number): void {
  if (bytes.length === length) return
  throw new AppError('shape.mismatch', `the classifier takes ${length} bytes here, not ${bytes.length}`)
}

import { AppError } from '#common/contract/errors.ts'
import type { Handlers } from '#common/contract/rpc.ts'
import { describeIssues } from '#common/contract/rpc.ts'
import { encodeNative } from '#common/explanation/native-map.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { explainerById } from '#main/explainers/registry.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import { logitsInBatches, type Classifier } from '#main/tensor/classifier.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import type { ComputeContract } from './contract.ts'
import { SerialQueue } from './serial-queue.ts'

/** The handlers of one compute process, over the classifiers it has loaded. */
export function computeHandlers(): Handlers<ComputeContract> {
  const chooser = new RuntimeChooser()
  const queue = new SerialQueue()
  const classifiers = new Map<number, Classifier>()
  let nextHandle = 1

  const classifierOf = (handle: number): Classifier => {
    const classifier = classifiers.get(handle)
    if (!classifier) throw new Error(`no classifier has the handle ${handle}`)
    return classifier
  }

  return {
    'runtime.probe': () => queue.run(async () => [...(await chooser.reports())]),

    'classifier.load': ({ path, card, runtime }, { signal }) =>
      queue.run(async () => {
        const classifier = await loadClassifier(path, { card, runtime }, (preference) => chooser.choose(preference))
        const handle = nextHandle++
        classifiers.set(handle, classifier)
        return { handle, info: classifier.info }
      }, signal),

    'classifier.unload': ({ handle }) =>
      queue.run(async () => {
        const classifier = classifierOf(handle)
        classifiers.delete(handle)
        await classifier.dispose()
        return {}
      }),

    'classifier.predict': ({ handle, images, n }, { signal }) =>
      queue.run(async () => {
        const classifier = classifierOf(handle)
        const { nClasses, card } = classifier.info
        const size = images.length / n
        const logits = await logitsInBatches(
          classifier,
          n,
          (i, target) => target.set(preprocess(images.subarray(i * size, (i + 1) * size), card.preprocess)),
          { signal },
        )
        const probabilities = new Float64Array(logits.length)
        for (let start = 0; start < logits.length; start += nClasses) {
          probabilities.set(classifier.probabilities(logits.subarray(start, start + nClasses)), start)
        }
        return { logits, probabilities }
      }, signal),

    'classifier.explain': ({ handle, image, classIndex, method, variant, options }, { signal, emit }) =>
      queue.run(async () => {
        const classifier = classifierOf(handle)
        if (classIndex >= classifier.info.nClasses) {
          throw new AppError(
            'explainer.class',
            `class ${classIndex} does not exist: the model’s classes are 0 to ${classifier.info.nClasses - 1}`,
          )
        }
        const explainer = explainerById(method)
        const parsed = explainer.options.safeParse(options)
        if (!parsed.success) {
          throw new AppError('explainer.options', `${explainer.label}: ${describeIssues(parsed.error)}`)
        }
        const start = performance.now()
        const native = await explainer.explain({
          classifier,
          input: preprocess(image, classifier.info.card.preprocess),
          classIndex,
          variant,
          options: parsed.data,
          signal,
          onProgress: (share) => emit({ share }),
        })
        return { ...encodeNative(native), seconds: (performance.now() - start) / 1000 }
      }, signal),
  }
}

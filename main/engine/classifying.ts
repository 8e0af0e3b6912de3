import type { EngineHandlers } from '#common/contract/index.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { topClasses, type ClassScore } from './class-scores.ts'
import { withSecondTry, type RemoteClassifier } from './compute-device.ts'
import { failureOf } from './failures.ts'
import { readPhotoInput, type PhotoInput } from './photo-input.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'

/** Photos that are predicted in one call. */
const batchSize = 8
/** Photos that are decoded ahead of the model, on the library's own threads: it never waits for a JPEG. */
const decodedAhead = 2 * batchSize

interface ClassifiedPhoto {
  readonly file: string
  readonly top: ClassScore[]
}

export function classifyingHandlers({
  compute,
}: Services): Pick<EngineHandlers, 'classifier.describe' | 'classifier.classify'> {
  return {
    'classifier.describe': async ({ model }, { signal }) =>
      (await withSecondTry(() => compute.classifier(model, signal))).info,

    'classifier.classify': async ({ model, images, nTop }, context) => {
      const { signal } = context
      const classifier = await compute.classifier(model, signal)
      const meter = new ProgressMeter((progress) => context.emit(progress))
      const results: ClassifiedPhoto[] = []
      const failures: Failure[] = []
      let batch: Photo[] = []
      let done = 0
      for await (const outcome of inOrderAhead(images, decodedAhead, (file) => readPhoto(file, classifier))) {
        signal.throwIfAborted()
        done++
        if ('error' in outcome) failures.push(failureOf(outcome.file, outcome.error))
        else batch.push(outcome)
        if (batch.length < batchSize && done < images.length) continue
        if (batch.length > 0) results.push(...(await classifyBatch(classifier, batch, { nTop, signal })))
        batch = []
        meter.report('classifying', done, images.length)
      }
      return { classifier: classifier.info, images: results, failures }
    },
  }
}

interface Photo {
  readonly file: string
  readonly input: PhotoInput['input']
}

async function readPhoto(
  file: string,
  { info }: RemoteClassifier,
): Promise<Photo | { readonly file: string; readonly error: unknown }> {
  try {
    return { file, input: (await readPhotoInput(file, info.card)).input }
  } catch (error) {
    return { file, error }
  }
}

async function classifyBatch(
  classifier: RemoteClassifier,
  photos: readonly Photo[],
  { nTop, signal }: { readonly nTop: number | null; readonly signal: AbortSignal },
): Promise<ClassifiedPhoto[]> {
  const { info } = classifier
  const size = info.card.width * info.card.height * 3
  const batch = new Uint8Array(photos.length * size)
  photos.forEach(({ input }, i) => batch.set(input.data, i * size))
  const { logits, probabilities } = await classifier.predict(batch, photos.length, { signal })
  return photos.map(({ file }, i) => {
    const range = [i * info.nClasses, (i + 1) * info.nClasses] as const
    const scores = { logits: logits.subarray(...range), probabilities: probabilities.subarray(...range) }
    return { file, top: topClasses(info, scores, nTop) }
  })
}

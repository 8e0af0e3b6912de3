import type { EngineHandlers } from '#common/contract/index.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import { topClasses, type ClassScore } from './class-scores.ts'
import type { RemoteClassifier } from './compute-device.ts'
import { failureOf } from './failures.ts'
import { readPhotoInput, type PhotoInput } from './photo-input.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'

/** Photos that are predicted in one call. */
const batchSize = 8

interface ClassifiedPhoto {
  readonly file: string
  readonly top: ClassScore[]
}

export function classifyingHandlers({ compute }: Services): Pick<EngineHandlers, 'classifier.classify'> {
  return {
    'classifier.classify': async ({ model, images, nTop }, context) => {
      const { signal } = context
      const classifier = await compute.classifier(model, signal)
      const meter = new ProgressMeter((progress) => context.emit(progress))
      const results: ClassifiedPhoto[] = []
      const failures: Failure[] = []
      for (let start = 0; start < images.length; start += batchSize) {
        signal.throwIfAborted()
        const photos = await readPhotos(images.slice(start, start + batchSize), classifier, failures)
        if (photos.length > 0) results.push(...(await classifyBatch(classifier, photos, { nTop, signal })))
        meter.report('classifying', Math.min(start + batchSize, images.length), images.length)
      }
      return { classifier: classifier.info, images: results, failures }
    },
  }
}

interface Photo {
  readonly file: string
  readonly input: PhotoInput['input']
}

/** Those that can be read; the others become failures. */
async function readPhotos(
  files: readonly string[],
  { info }: RemoteClassifier,
  failures: Failure[],
): Promise<readonly Photo[]> {
  const outcomes = await Promise.allSettled(files.map((file) => readPhotoInput(file, info.card)))
  return outcomes.flatMap((outcome, i) => {
    if (outcome.status === 'fulfilled') return [{ file: files[i]!, input: outcome.value.input }]
    failures.push(failureOf(files[i]!, outcome.reason))
    return []
  })
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

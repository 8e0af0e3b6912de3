import type { EngineHandlers } from '#common/contract/index.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import { inBatches } from '#main/files/in-batches.ts'
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
/** Calls that are under way at a time: the next batch has arrived when the model is through with one. */
const batchesAhead = 2

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
      const photos = inOrderAhead(images, decodedAhead, (file) => readPhoto(file, classifier))
      const batches = inOrderAhead(inBatches(photos, batchSize), batchesAhead, (batch) =>
        classifyBatch(classifier, batch, { nTop, signal }),
      )
      let done = 0
      for await (const batch of batches) {
        signal.throwIfAborted()
        results.push(...batch.results)
        failures.push(...batch.failures)
        done += batch.results.length + batch.failures.length
        meter.report('classifying', done, images.length)
      }
      return { classifier: classifier.info, images: results, failures }
    },
  }
}

type Outcome = { readonly file: string } & ({ readonly input: PhotoInput['input'] } | { readonly error: unknown })

async function readPhoto(file: string, { info }: RemoteClassifier): Promise<Outcome> {
  try {
    return { file, input: (await readPhotoInput(file, info.card)).input }
  } catch (error) {
    return { file, error }
  }
}

/** The photos of a batch that could be decoded, in one call; of the others, why not. */
async function classifyBatch(
  classifier: RemoteClassifier,
  outcomes: readonly Outcome[],
  { nTop, signal }: { readonly nTop: number | null; readonly signal: AbortSignal },
): Promise<{ readonly results: ClassifiedPhoto[]; readonly failures: Failure[] }> {
  const { info } = classifier
  const photos = outcomes.filter((outcome) => 'input' in outcome)
  const failures = outcomes.filter((outcome) => 'error' in outcome).map(({ file, error }) => failureOf(file, error))
  if (photos.length === 0) return { results: [], failures }
  const size = info.card.width * info.card.height * 3
  const inputs = new Uint8Array(photos.length * size)
  photos.forEach(({ input }, i) => inputs.set(input.data, i * size))
  const { logits, probabilities } = await classifier.predict(inputs, photos.length, { signal })
  const results = photos.map(({ file }, i) => {
    const range = [i * info.nClasses, (i + 1) * info.nClasses] as const
    const scores = { logits: logits.subarray(...range), probabilities: probabilities.subarray(...range) }
    return { file, top: topClasses(info, scores, nTop) }
  })
  return { results, failures }
}

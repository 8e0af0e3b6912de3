import type { EngineHandlers } from '#common/contract/index.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import { topClasses, type ClassScore } from './class-scores.ts'
import { failureOf } from './failures.ts'
import { readPhotoInput, type PhotoInput } from './photo-input.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'

/** Photos that are predicted in one call: decoding of the next ones goes on meanwhile. */
const batchSize = 8

export function classifyingHandlers({ compute }: Services): Pick<EngineHandlers, 'classifier.classify'> {
  return {
    'classifier.classify': async ({ model, images, nTop }, { signal, emit }) => {
      const classifier = await compute.classifier(model, signal)
      const { info } = classifier
      const meter = new ProgressMeter(emit)
      const results: { file: string; top: ClassScore[] }[] = []
      const failures: Failure[] = []
      const { width, height } = info.card
      const size = width * height * 3
      for (let start = 0; start < images.length; start += batchSize) {
        signal.throwIfAborted()
        const readable: { file: string; photo: PhotoInput }[] = []
        const files = images.slice(start, start + batchSize)
        const read = await Promise.allSettled(files.map((file) => readPhotoInput(file, info.card)))
        read.forEach((outcome, i) => {
          if (outcome.status === 'fulfilled') readable.push({ file: files[i]!, photo: outcome.value })
          else failures.push(failureOf(files[i]!, outcome.reason))
        })
        if (readable.length > 0) {
          const batch = new Uint8Array(readable.length * size)
          readable.forEach(({ photo }, i) => batch.set(photo.input.data, i * size))
          const { logits, probabilities } = await classifier.predict(batch, readable.length, { signal })
          readable.forEach(({ file }, i) => {
            const range = [i * info.nClasses, (i + 1) * info.nClasses] as const
            const scores = { logits: logits.subarray(...range), probabilities: probabilities.subarray(...range) }
            results.push({ file, top: topClasses(info, scores, nTop) })
          })
        }
        meter.report('classifying', Math.min(start + batchSize, images.length), images.length)
      }
      return { classifier: info, images: results, failures }
    },
  }
}

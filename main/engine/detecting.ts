import type { EngineHandlers } from '#common/contract/index.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { failureOf } from './failures.ts'
import { ProgressMeter } from './progress.ts'
import { RemoteDetector } from './remote-detector.ts'
import type { Services } from './services.ts'
import { writeDetections } from './writing-detections.ts'

/** The next photo is decoded while one is looked at. */
const photosAhead = 2

export function detectingHandlers({
  compute,
}: Pick<Services, 'compute'>): Pick<EngineHandlers, 'detector.describe' | 'detector.detect'> {
  return {
    'detector.describe': async ({ detector }, { signal }) =>
      (await RemoteDetector.load(compute, detector, signal)).info,

    'detector.detect': async ({ detector: request, images, minScore, write }, context) => {
      const { signal } = context
      const detector = await RemoteDetector.load(compute, request, signal)
      const meter = new ProgressMeter((progress) => context.emit(progress))
      const failures: Failure[] = []
      let done = 0
      const onShare = (share: number): void => meter.report('detecting', done + share, images.length)
      const detect = async (file: string) => {
        const photo = await decodeImage(file)
        const { width, height } = photo
        return { file, width, height, detections: await detector.detect(photo, { minScore, signal, onShare }) }
      }
      const found: Awaited<ReturnType<typeof detect>>[] = []
      const attempts = inOrderAhead(images, photosAhead, async (file) => {
        signal.throwIfAborted()
        return detect(file).catch((error: unknown) => ({ file, error }))
      })
      meter.report('detecting', done, images.length)
      for await (const attempt of attempts) {
        signal.throwIfAborted()
        if ('error' in attempt) failures.push(failureOf(attempt.file, attempt.error))
        else found.push(attempt)
        meter.report('detecting', ++done, images.length)
      }
      const summary = write && (await writeDetections(found, write, signal))
      const written = summary && {
        files: [...summary.files],
        instances: summary.instances,
        losses: [...summary.losses],
      }
      return { detector: detector.info, images: found, failures, written }
    },
  }
}

import type { EngineHandlers } from '#common/contract/index.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import type { Detection } from '#common/contract/procedures/detecting.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { failureOf } from './failures.ts'
import { ProgressMeter } from './progress.ts'
import { RemoteDetector } from './remote-detector.ts'
import type { Services } from './services.ts'

/** The next photo is decoded while one is looked at. */
const photosAhead = 2

interface DetectedPhoto {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly detections: Detection[]
}

export function detectingHandlers({
  compute,
}: Pick<Services, 'compute'>): Pick<EngineHandlers, 'detector.describe' | 'detector.detect'> {
  return {
    'detector.describe': async ({ detector }, { signal }) =>
      (await RemoteDetector.load(compute, detector, signal)).info,

    'detector.detect': async ({ detector: request, images, minScore }, context) => {
      const { signal } = context
      const detector = await RemoteDetector.load(compute, request, signal)
      const meter = new ProgressMeter((progress) => context.emit(progress))
      const found: DetectedPhoto[] = []
      const failures: Failure[] = []
      let done = 0
      const onShare = (share: number): void => meter.report('detecting', done + share, images.length)
      const detect = async (file: string): Promise<DetectedPhoto> => {
        const photo = await decodeImage(file)
        const { width, height } = photo
        return { file, width, height, detections: await detector.detect(photo, { minScore, signal, onShare }) }
      }
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
      return { detector: detector.info, images: found, failures }
    },
  }
}

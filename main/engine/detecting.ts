import { stat } from 'node:fs/promises'
import type { z } from 'zod'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import type { Detection, DetectorInfo, DetectorRequest } from '#common/contract/procedures/detecting.ts'
import { untilAborted } from '#main/compute/until-aborted.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { withSecondTry } from './compute-device.ts'
import { failureOf } from './failures.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'

type Request = z.output<typeof DetectorRequest>

interface DetectedPhoto {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly detections: Detection[]
}

export function detectingHandlers({
  compute,
}: Pick<Services, 'compute'>): Pick<EngineHandlers, 'detector.describe' | 'detector.detect'> {
  const describe = async (detector: Request): Promise<DetectorInfo> => {
    const stamp = await stampOf(detector)
    return withSecondTry(() => compute.call((client) => client['detector.describe']({ detector, stamp })))
  }
  return {
    'detector.describe': ({ detector }, { signal }) => untilAborted(describe(detector), signal),

    'detector.detect': async ({ detector, images, minScore }, context) => {
      const { signal } = context
      const info = await untilAborted(describe(detector), signal)
      const stamp = await stampOf(detector)
      const meter = new ProgressMeter((progress) => context.emit(progress))
      const found: DetectedPhoto[] = []
      const failures: Failure[] = []
      let done = 0
      const detect = async (file: string): Promise<DetectedPhoto> => {
        const { data: image, width, height } = await decodeImage(file)
        const call = compute.call((client) =>
          client['detector.detect'](
            { detector, stamp, image, width, height, minScore },
            { signal, onEvent: ({ share }) => meter.report('detecting', done + share, images.length) },
          ),
        )
        const { objects } = await untilAborted(call, signal)
        const classes = new Map(info.classes.map((each) => [each.index, each]))
        const detections = objects.map(({ classIndex, score, bbox, counts }): Detection => {
          const { name: category, categoryId } = classes.get(classIndex)!
          return { classIndex, category, categoryId, score, bbox, segmentation: { size: [height, width], counts } }
        })
        return { file, width, height, detections }
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
      return { detector: info, images: found, failures }
    },
  }
}

/** The next photo is decoded while one is looked at. */
const photosAhead = 2

/** Tells its files from others under the same paths. */
async function stampOf({ path, config }: Request): Promise<string | null> {
  try {
    const all = await Promise.all([path, ...(config === undefined ? [] : [config])].map((file) => stat(file)))
    return all.map(({ mtimeMs, size }) => `${mtimeMs}:${size}`).join(' ')
  } catch {
    return null // what cannot be looked at is for the loading to complain of
  }
}

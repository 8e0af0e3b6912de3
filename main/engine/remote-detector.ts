import type { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { Detection, DetectorInfo, DetectorRequest } from '#common/contract/procedures/detecting.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { detectorSpeedKey } from '#common/runtime/detector-speed.ts'
import { untilAborted } from '#main/compute/until-aborted.ts'
import { withSecondTry, type ComputeDevice } from './compute-device.ts'
import { fileStamp, modelStamp } from './model-stamp.ts'

type Request = z.output<typeof DetectorRequest>

interface DetectOptions {
  /** null: the detector's own */
  readonly minScore: number | null
  readonly signal: AbortSignal
  /** @param share of the work for this photo, 0…1 */
  readonly onShare: (share: number) => void
}

/** A detector of the compute process, which loads it again where it died in between. */
export class RemoteDetector {
  readonly info: DetectorInfo
  readonly #compute: ComputeDevice
  readonly #request: Request
  readonly #stamp: string | null
  readonly #classes: ReadonlyMap<number, DetectorInfo['classes'][number]>
  #hasRun = false

  /** @throws AppError 'model.*', 'file.*', 'runtime.unavailable', 'compute.died' */
  static async load(compute: ComputeDevice, request: Request, signal: AbortSignal): Promise<RemoteDetector> {
    const stamp = await stampOf(request)
    const describe = (): Promise<DetectorInfo> =>
      compute.call((client) => client['detector.describe']({ detector: request, stamp }))
    const info = await untilAborted(withSecondTry(describe), signal)
    return new RemoteDetector({ compute, request, stamp, info })
  }

  private constructor(parts: {
    readonly compute: ComputeDevice
    readonly request: Request
    readonly stamp: string | null
    readonly info: DetectorInfo
  }) {
    this.#compute = parts.compute
    this.#request = parts.request
    this.#stamp = parts.stamp
    this.info = parts.info
    this.#classes = new Map(parts.info.classes.map((each) => [each.index, each]))
  }

  /** @throws the signal's reason at once; 'compute.died' where it died twice; 'model.*' */
  async detect(photo: RgbImage, options: DetectOptions): Promise<Detection[]> {
    const { objects, seconds } = await this.#run(photo, options)
    // what is done for the first time also makes ready what later calls find
    if (this.#hasRun) this.#compute.noteSpeed(detectorSpeedKey(this.info), seconds)
    this.#hasRun = true
    const { width, height } = photo
    return objects.map(({ classIndex, score, bbox, counts }) => {
      const { name: category, categoryId } = this.#classes.get(classIndex)!
      return { classIndex, category, categoryId, score, bbox, segmentation: { size: [height, width], counts } }
    })
  }

  /** @returns how long it looks at a photo, seconds @throws see `detect` */
  async time(photo: RgbImage, signal: AbortSignal): Promise<number> {
    return (await this.#run(photo, { minScore: null, signal, onShare: () => undefined })).seconds
  }

  async #run({ data: image, width, height }: RgbImage, { minScore, signal, onShare }: DetectOptions) {
    const request = { detector: this.#request, stamp: this.#stamp, image, width, height, minScore }
    const detect = () =>
      this.#compute.call((client) =>
        client['detector.detect'](request, { signal, onEvent: ({ share }) => onShare(share) }),
      )
    const found = await untilAborted(withSecondTry(detect), signal)
    // it may have been loaded anew meanwhile, after another one or in a fresh process
    if (found.info.sha256 !== this.info.sha256) {
      throw new AppError('model.changed', `${this.#request.path} was replaced while it was used`, {
        hint: 'Start again: it is then taken as it is now.',
      })
    }
    return found
  }
}

/** Tells its files from others under the same paths; null: there is none. */
async function stampOf({ path, config }: Request): Promise<string | null> {
  const model = await modelStamp(path)
  if (model === null || config === undefined) return model
  return `${model} ${await fileStamp(config)}`
}

import type { z } from 'zod'
import type { DetectorInfo, DetectorRequest } from '#common/contract/procedures/detecting.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'
import type { Rle } from '#common/mask/rle.ts'
import type { Runtime } from '#main/tensor/runtime.ts'

/** An object that was found in a photo. */
export interface FoundObject {
  readonly classIndex: number
  /** 0…1 */
  readonly score: number
  /** of the detector: x, y, width, height in pixels of the photo */
  readonly bbox: readonly [number, number, number, number]
  /** of the photo's size */
  readonly rle: Rle
}

export interface DetectOptions {
  /** least score; null: the detector's own */
  readonly minScore: number | null
  readonly signal: AbortSignal
  /** @param share of the work for this photo, 0…1 */
  readonly onProgress: (share: number) => void
}

/** A detector that is ready to run. */
export interface Detector {
  readonly info: DetectorInfo
  /** of its weights */
  readonly bytes: number
  /** @returns the best first @throws the signal's reason */
  detect(photo: RgbImage, options: DetectOptions): Promise<readonly FoundObject[]>
  dispose(): Promise<void>
}

/** A kind of detector: one file beside this one, and one line in the registry. */
export interface DetectorKind {
  /** what the command line calls it */
  readonly id: DetectorInput['architecture']
  readonly label: string
  /**
   * @param runtimes best first, at least one
   * @throws AppError 'model.*', 'file.*'
   */
  load(request: DetectorInput, runtimes: readonly Runtime[]): Promise<Detector>
}

type DetectorInput = z.output<typeof DetectorRequest>

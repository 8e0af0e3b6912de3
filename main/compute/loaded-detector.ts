import type { z } from 'zod'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { DetectorRequest } from '#common/contract/procedures/detecting.ts'
import type { Detector } from '#main/detectors/detector.ts'
import { detectorKinds } from '#main/detectors/registry.ts'
import type { RuntimeChooser } from '#main/tensor/choose-runtime.ts'

interface Wanted {
  readonly detector: z.output<typeof DetectorRequest>
  /** tells its file from another one under the same path; null: it cannot be looked at */
  readonly stamp: string | null
}

/**
 * The detector of a compute process: the one that was asked for last, since photo after photo goes through the same.
 * Calls must come one after the other.
 */
export class LoadedDetector {
  readonly #chooser: Pick<RuntimeChooser, 'choose'>
  #loaded: { readonly key: string; readonly detector: Detector } | null = null

  constructor(chooser: Pick<RuntimeChooser, 'choose'>) {
    this.#chooser = chooser
  }

  /** @throws what loading throws; nothing is loaded then */
  async get({ detector: request, stamp }: Wanted): Promise<Detector> {
    const key = canonicalJson({ ...request, stamp })
    if (this.#loaded?.key === key) return this.#loaded.detector
    // first: two of them may be more than there is memory for
    const before = this.#loaded
    this.#loaded = null
    await before?.detector.dispose()
    const runtimes = await this.#chooser.choose(request.runtime)
    const detector = await detectorKinds[request.architecture].load(request, runtimes)
    this.#loaded = { key, detector }
    return detector
  }
}

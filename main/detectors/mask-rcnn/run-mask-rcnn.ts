import type { RgbImage } from '#common/image/rgb-image.ts'
import { foldGraph } from '#main/tensor/fold.ts'
import type { WeightsOf } from '#main/tensor/network-builder.ts'
import type { Network, Runtime } from '#main/tensor/runtime.ts'
import type { DetectOptions } from '../detector.ts'
import { anchorsFor } from './anchors.ts'
import { norm } from './boxes.ts'
import type { MaskRcnnConfig } from './config.ts'
import { refineDetections, type Detection } from './detections.ts'
import { boxHead, maskHead, pyramidLevels, trunk, type NetworkPart } from './network.ts'
import { selectProposals } from './proposals.ts'
import { mold, resizeAndPad } from './resize-image.ts'
import { pyramidRoiAlign, type FeatureMap } from './roi-align.ts'
import { unmoldDetections, type PhotoDetection } from './unmold.ts'

/** Regions whose class is computed in one call: they take 50 kB each, and a cancel waits for one call. */
const regionsPerCall = 250

/** Shares of the work, measured on ResNet101 at 1024 pixels. */
const shares = { trunk: 0.9, heads: 0.98 }

/** Mask R-CNN whose dense parts are loaded on a runtime. */
export class RunningMaskRcnn {
  readonly #config: MaskRcnnConfig
  readonly #trunk: Network
  readonly #boxHead: Network
  readonly #maskHead: Network
  readonly #anchors: Float32Array

  /** @throws what the runtime throws for a part that it cannot load */
  static async load(config: MaskRcnnConfig, weights: WeightsOf, runtime: Runtime): Promise<RunningMaskRcnn> {
    const shape = { ...config, nRatios: config.anchorRatios.length }
    const parts = [trunk(shape, config.maxSide, weights), boxHead(shape, weights), maskHead(shape, weights)]
    const networks: Network[] = []
    try {
      for (const part of parts) networks.push(await loadPart(part, runtime))
    } catch (error) {
      for (const network of networks) await network.dispose()
      throw error
    }
    return new RunningMaskRcnn(config, networks as [Network, Network, Network])
  }

  private constructor(config: MaskRcnnConfig, [trunkPart, boxPart, maskPart]: readonly [Network, Network, Network]) {
    this.#config = config
    this.#trunk = trunkPart
    this.#boxHead = boxPart
    this.#maskHead = maskPart
    this.#anchors = anchorsFor(config.maxSide, config)
  }

  /** @returns the best first */
  async detect(photo: RgbImage, { minScore, signal, onProgress }: DetectOptions): Promise<readonly PhotoDetection[]> {
    const config = minScore === null ? this.#config : { ...this.#config, minConfidence: minScore }
    const { data, side, window } = resizeAndPad(photo, config)
    const { maps, rois } = await this.#propose(mold(data, config.mean))
    onProgress(shares.trunk)
    signal.throwIfAborted()
    const outputs = await this.#classify(maps, rois, signal)
    onProgress(shares.heads)
    const inputWindow = norm(window, { height: side, width: side })
    const detections = refineDetections({ rois, ...outputs, window: [...inputWindow] as never }, config)
    const masks = await this.#mask(maps, detections)
    onProgress(1)
    return unmoldDetections(detections, masks, { photo, window, side })
  }

  async dispose(): Promise<void> {
    for (const network of [this.#trunk, this.#boxHead, this.#maskHead]) await network.dispose()
  }

  async #propose(input: Float32Array): Promise<{ maps: readonly FeatureMap[]; rois: Float32Array }> {
    const { maxSide, rpnBoxStd } = this.#config
    const names = pyramidLevels.flatMap((level) => [`${level}/class`, `${level}/box`])
    const mapNames = pyramidLevels.slice(0, 4)
    const values = await this.#trunk.run(input, 1, [...names, ...mapNames])
    const scores = new Float32Array(this.#anchors.length / 4)
    const deltas = new Float32Array(this.#anchors.length)
    let at = 0
    for (const level of pyramidLevels) {
      const logits = values.get(`${level}/class`)!
      const n = logits.length / 2
      for (let i = 0; i < n; i++) scores[at + i] = 1 / (1 + Math.exp(logits[2 * i]! - logits[2 * i + 1]!))
      deltas.set(values.get(`${level}/box`)!, 4 * at)
      at += n
    }
    const maps = mapNames.map((name, i) => {
      const side = maxSide / 2 ** (i + 2)
      const data = values.get(name)!
      return { data, width: side, height: side, channels: data.length / side ** 2 }
    })
    const rois = selectProposals({ scores, deltas, anchors: this.#anchors }, { ...this.#config, boxStd: rpnBoxStd })
    return { maps, rois }
  }

  async #classify(
    maps: readonly FeatureMap[],
    rois: Float32Array,
    signal: AbortSignal,
  ): Promise<{ probabilities: Float32Array; deltas: Float32Array }> {
    const { nClasses, poolSize, maxSide } = this.#config
    const n = rois.length / 4
    const probabilities = new Float32Array(n * nClasses)
    const deltas = new Float32Array(n * nClasses * 4)
    for (let start = 0; start < n; start += regionsPerCall) {
      const some = rois.subarray(4 * start, 4 * Math.min(start + regionsPerCall, n))
      const pooled = pyramidRoiAlign(maps, some, poolSize, maxSide)
      const values = await this.#boxHead.run(pooled, some.length / 4, ['class', 'box'])
      probabilities.set(softmaxRows(values.get('class')!, nClasses), start * nClasses)
      deltas.set(values.get('box')!, start * nClasses * 4)
      signal.throwIfAborted()
    }
    return { probabilities, deltas }
  }

  /** @returns [n, maskSide, maskSide] of each detection's own class */
  async #mask(maps: readonly FeatureMap[], detections: readonly Detection[]): Promise<Float32Array> {
    const { nClasses, maskPoolSize, maskSide, maxSide } = this.#config
    if (detections.length === 0) return new Float32Array(0)
    const rois = Float32Array.from(detections.flatMap(({ box }) => [...box]))
    const pooled = pyramidRoiAlign(maps, rois, maskPoolSize, maxSide)
    const all = (await this.#maskHead.run(pooled, detections.length, ['mask'])).get('mask')!
    const nCells = maskSide ** 2
    return Float32Array.from({ length: detections.length * nCells }, (_, i) => {
      const { classId } = detections[Math.floor(i / nCells)]!
      return all[i * nClasses + classId]!
    })
  }
}

function loadPart({ graph, outputs }: NetworkPart, runtime: Runtime): Promise<Network> {
  return runtime.load(foldGraph(graph, new Set(outputs.values())), outputs)
}

/** The softmax of each row of so many values. */
function softmaxRows(logits: Float32Array, length: number): Float32Array {
  const result = new Float32Array(logits.length)
  for (let start = 0; start < logits.length; start += length) {
    let top = -Infinity
    for (let i = start; i < start + length; i++) top = Math.max(top, logits[i]!)
    let sum = 0
    for (let i = start; i < start + length; i++) sum += Math.exp(logits[i]! - top)
    for (let i = start; i < start + length; i++) result[i] = Math.exp(logits[i]! - top) / sum
  }
  return result
}

/** What a Mask R-CNN of Matterport's architecture is built and run with; its `Config` in our words. */
export interface MaskRcnnConfig {
  /** Classes with the background, which is class 0. */
  readonly nClasses: number
  readonly backbone: 'resnet50' | 'resnet101'
  /** The photo's short side becomes at least this, pixels; 0 = photos are never enlarged. */
  readonly minSide: number
  /** Side of the network's square input, pixels; goes before `minSide`. A multiple of 64. */
  readonly maxSide: number
  /** The photo is enlarged at least by this factor, as far as `maxSide` allows (IMAGE_MIN_SCALE); default not. */
  readonly minScale?: number
  /** What is taken from R, G, B. */
  readonly mean: readonly [number, number, number]
  /** Side of the square anchor of each level, pixels of the input; as many as `strides`. */
  readonly anchorScales: readonly number[]
  /** Width ÷ height of an anchor. */
  readonly anchorRatios: readonly number[]
  /** Pixels of the input a cell of the levels P2…P6. */
  readonly strides: readonly number[]
  /** Proposals that overlap a better one by more than this IoU are dropped. */
  readonly rpnNms: number
  /** Anchors with the highest scores that go into that choice. */
  readonly preNms: number
  /** Proposals that come out of it. */
  readonly proposals: number
  /** Deltas of the proposals are in units of these, for dy, dx, log(dh), log(dw). */
  readonly rpnBoxStd: readonly [number, number, number, number]
  /** The same for the detections. */
  readonly boxStd: readonly [number, number, number, number]
  /** Lowest score of a detection, 0…1. */
  readonly minConfidence: number
  /** Detections that overlap a better one of the same class by more than this IoU are dropped. */
  readonly detectionNms: number
  readonly maxDetections: number
  /** Side of the grid that a region is sampled at for its class and box. */
  readonly poolSize: number
  /** The same for its mask. */
  readonly maskPoolSize: number
  /** Side of the mask that comes out. */
  readonly maskSide: number
}

/**
 * How the published `mask_rcnn_coco.h5` is run.
 * @see Matterport Mask_RCNN 3deaec5, mrcnn/config.py and samples/coco/coco.py
 */
export const cocoConfig: MaskRcnnConfig = {
  nClasses: 81,
  backbone: 'resnet101',
  minSide: 800,
  maxSide: 1024,
  mean: [123.7, 116.8, 103.9],
  anchorScales: [32, 64, 128, 256, 512],
  anchorRatios: [0.5, 1, 2],
  strides: [4, 8, 16, 32, 64],
  rpnNms: 0.7,
  preNms: 6000,
  proposals: 1000,
  rpnBoxStd: [0.1, 0.1, 0.2, 0.2],
  boxStd: [0.1, 0.1, 0.2, 0.2],
  minConfidence: 0.7,
  detectionNms: 0.3,
  maxDetections: 100,
  poolSize: 7,
  maskPoolSize: 14,
  maskSide: 28,
}

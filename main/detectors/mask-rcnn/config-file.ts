import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { describeIssues } from '#common/contract/rpc.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { cocoConfig, type MaskRcnnConfig } from './config.ts'
import type { NetworkShape } from './network.ts'

const share = z.number().min(0).max(1)
const side = z.number().int().min(64).max(4096)
const count = z.number().int().min(1).max(100_000)
const four = z.tuple([z.number().positive(), z.number().positive(), z.number().positive(), z.number().positive()])
const fiveSides = z.array(z.number().positive().max(16_384)).length(5)
const Nested = z.looseObject({ config: z.looseObject({}).optional() })

/** Fields of Matterport's `Config` that change what comes out; others may be there, for training. */
const Fields = z.looseObject({
  BACKBONE: z.enum(['resnet50', 'resnet101']).optional(),
  NUM_CLASSES: z.number().int().min(2).max(10_000).optional(),
  /** Not Matterport's: names of the classes, without the background. */
  CLASS_NAMES: z.array(z.string().min(1).max(500)).min(1).max(10_000).optional(),
  IMAGE_RESIZE_MODE: z.string().optional(),
  IMAGE_MIN_DIM: z.number().int().min(0).max(4096).optional(),
  IMAGE_MAX_DIM: side.refine((n) => n % 64 === 0, { message: 'must be a multiple of 64' }).optional(),
  IMAGE_MIN_SCALE: z.number().min(0).max(100).optional(),
  MEAN_PIXEL: z.tuple([z.number(), z.number(), z.number()]).optional(),
  BACKBONE_STRIDES: z.array(z.number()).optional(),
  RPN_ANCHOR_SCALES: fiveSides.optional(),
  RPN_ANCHOR_RATIOS: z.array(z.number().positive()).min(1).max(20).optional(),
  RPN_ANCHOR_STRIDE: z.number().optional(),
  POOL_SIZE: z.number().optional(),
  MASK_POOL_SIZE: z.number().optional(),
  RPN_NMS_THRESHOLD: share.optional(),
  RPN_BBOX_STD_DEV: four.optional(),
  BBOX_STD_DEV: four.optional(),
  PRE_NMS_LIMIT: count.optional(),
  POST_NMS_ROIS_INFERENCE: count.max(10_000).optional(),
  DETECTION_MIN_CONFIDENCE: share.optional(),
  DETECTION_NMS_THRESHOLD: share.optional(),
  DETECTION_MAX_INSTANCES: count.max(10_000).optional(),
})
type Fields = z.output<typeof Fields>

/** How a network is run, and what its classes are called. */
export interface ReadConfig {
  readonly config: MaskRcnnConfig
  /** names of the classes from 1 on; null: the file does not say them */
  readonly classNames: readonly string[] | null
}

const maxBytes = 1 << 22

/**
 * The configuration of a network: what the file says, else as COCO's weights are run.
 * @param path a JSON file with fields of Matterport's `Config`, at its top level or under `config`; null: none
 * @param shape of the network, by its weights
 * @throws AppError 'model.card' for a field that cannot be, or that contradicts the weights; 'file.missing'
 */
export async function readConfig(path: string | null, shape: NetworkShape): Promise<ReadConfig> {
  const fields = path === null ? {} : await readFields(path)
  if (path !== null) requireFits(path, fields, shape)
  const own = {
    minSide: fields.IMAGE_MIN_DIM,
    maxSide: fields.IMAGE_MAX_DIM,
    minScale: fields.IMAGE_MIN_SCALE,
    mean: fields.MEAN_PIXEL,
    anchorScales: fields.RPN_ANCHOR_SCALES,
    anchorRatios: fields.RPN_ANCHOR_RATIOS,
    rpnNms: fields.RPN_NMS_THRESHOLD,
    rpnBoxStd: fields.RPN_BBOX_STD_DEV,
    boxStd: fields.BBOX_STD_DEV,
    preNms: fields.PRE_NMS_LIMIT,
    proposals: fields.POST_NMS_ROIS_INFERENCE,
    minConfidence: fields.DETECTION_MIN_CONFIDENCE,
    detectionNms: fields.DETECTION_NMS_THRESHOLD,
    maxDetections: fields.DETECTION_MAX_INSTANCES,
  }
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
  const config: MaskRcnnConfig = { ...cocoConfig, ...given, ...shape }
  if (config.anchorRatios.length !== shape.nRatios) {
    throw invalid(
      path ?? 'the configuration of COCO',
      `RPN_ANCHOR_RATIOS has ${config.anchorRatios.length} ratios, the weights are for ${shape.nRatios}`,
    )
  }
  return { config, classNames: fields.CLASS_NAMES ?? null }
}

async function readFields(path: string): Promise<Fields> {
  const bytes = await readBytes(path, { maxBytes, code: 'model.card' })
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw invalid(path, `it is no JSON: ${(cause as Error).message.replace(/\s+/g, ' ')}`, cause)
  }
  const nested = Nested.safeParse(value)
  if (!nested.success) throw invalid(path, describeIssues(nested.error), nested.error)
  const parsed = Fields.safeParse({ ...nested.data, ...nested.data.config })
  if (!parsed.success) throw invalid(path, describeIssues(parsed.error), parsed.error)
  return parsed.data
}

function requireFits(path: string, fields: Fields, shape: NetworkShape): void {
  const { BACKBONE: backbone, NUM_CLASSES: nClasses, CLASS_NAMES: names, IMAGE_RESIZE_MODE: mode } = fields
  if (backbone !== undefined && backbone !== shape.backbone) {
    throw invalid(path, `BACKBONE is ${backbone}, the weights are for ${shape.backbone}`)
  }
  if (nClasses !== undefined && nClasses !== shape.nClasses) {
    throw invalid(path, `NUM_CLASSES is ${nClasses}, the weights are for ${shape.nClasses} (with the background)`)
  }
  if (names !== undefined && names.length !== shape.nClasses - 1) {
    throw invalid(path, `CLASS_NAMES has ${names.length} names, the weights are for ${shape.nClasses - 1} classes`)
  }
  if (mode !== undefined && mode !== 'square') {
    throw invalid(path, `IMAGE_RESIZE_MODE is ${mode}; only square is computed here`)
  }
  if ((fields.RPN_ANCHOR_STRIDE ?? 1) !== 1) {
    throw invalid(path, `RPN_ANCHOR_STRIDE is ${fields.RPN_ANCHOR_STRIDE}; only 1 is computed here`)
  }
  const { BACKBONE_STRIDES: strides = cocoConfig.strides, POOL_SIZE: pool, MASK_POOL_SIZE: maskPool } = fields
  if (strides.join() !== cocoConfig.strides.join()) {
    throw invalid(
      path,
      `BACKBONE_STRIDES is [${strides.join(', ')}]; the network’s are [${cocoConfig.strides.join(', ')}]`,
    )
  }
  if (pool !== undefined && pool !== shape.poolSize) {
    throw invalid(path, `POOL_SIZE is ${pool}, the weights are for ${shape.poolSize}`)
  }
  if (maskPool !== undefined && maskPool !== shape.maskPoolSize) {
    throw invalid(path, `MASK_POOL_SIZE is ${maskPool}; only ${shape.maskPoolSize} is computed here`)
  }
}

function invalid(path: string, why: string, cause?: unknown): AppError {
  return new AppError('model.card', `${path}: ${why}`, {
    hint: 'Give the configuration that the weights were trained with, or none for those of COCO.',
    ...(cause === undefined ? {} : { cause }),
  })
}

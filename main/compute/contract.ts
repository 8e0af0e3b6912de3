import { z } from 'zod'
import { bytes, float32s, float64s } from '#common/contract/binary.ts'
import { call, stream } from '#common/contract/rpc.ts'
import {
  ArchitectureRequest,
  CardOptions,
  ClassifierInfo,
  RuntimePreference,
  RuntimeReport,
} from '#common/contract/procedures/models.ts'
import { RandomisedWeights } from '#common/contract/procedures/checking.ts'
import { DetectorInfo, DetectorRequest } from '#common/contract/procedures/detecting.ts'
import { Progress } from '#common/contract/procedures/common.ts'
import { RuntimeBench, RuntimeBenchRequest } from '#common/contract/procedures/runtimes.ts'

const handle = z.number().int().nonnegative()
/** tells a file from another one under the same path; null: it cannot be looked at */
const stamp = z.string().nullable()

const FoundObject = z.strictObject({
  classIndex: z.number().int().positive(),
  score: z.number(),
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** run lengths of the mask, compressed as COCO's */
  counts: z.string(),
})

/**
 * What the engine asks a compute process for. Photos come decoded and at the classifier's input size ([height, width,
 * 3] bytes): the compute process does no file reading but that of models, and no decoding.
 */
export const computeContract = {
  'runtime.probe': call(z.strictObject({}), z.array(RuntimeReport)),
  /** tries out a TensorFlow that was built on this machine; for a process that has loaded none yet */
  'runtime.probe-build': call(z.strictObject({ folder: z.string() }), RuntimeReport),
  'runtime.bench': stream(RuntimeBenchRequest, Progress, RuntimeBench),
  'classifier.load': call(
    z.strictObject({
      path: z.string(),
      architecture: ArchitectureRequest.optional(),
      card: CardOptions,
      runtime: RuntimePreference,
      /** the same network with random weights */
      randomised: z.strictObject({ weights: RandomisedWeights, seed: z.number().int().min(0) }).optional(),
    }),
    z.strictObject({ handle, info: ClassifierInfo }),
  ),
  'classifier.unload': call(z.strictObject({ handle }), z.strictObject({})),
  /** images: [n, height, width, 3]; logits and probabilities: [n, classes] */
  'classifier.predict': call(
    z.strictObject({ handle, images: bytes, n: z.number().int().positive() }),
    z.strictObject({ logits: float32s, probabilities: float64s, seconds: z.number() }),
  ),
  'classifier.explain': stream(
    z.strictObject({
      handle,
      image: bytes,
      classIndex: z.number().int().nonnegative(),
      /** the class whose score is subtracted; null: none */
      against: z.number().int().nonnegative().nullable().default(null),
      method: z.string(),
      variant: z.enum(['standard', 'paper']),
      options: z.record(z.string(), z.unknown()),
    }),
    z.strictObject({ share: z.number() }),
    z.strictObject({ header: z.string(), values: bytes, seconds: z.number() }),
  ),
  'detector.describe': call(z.strictObject({ detector: DetectorRequest, stamp }), DetectorInfo),
  /** image: [height, width, 3] at its own size */
  'detector.detect': stream(
    z.strictObject({
      detector: DetectorRequest,
      stamp,
      image: bytes,
      width: z.number().int().positive(),
      height: z.number().int().positive(),
      minScore: z.number().min(0).max(1).nullable(),
    }),
    z.strictObject({ share: z.number() }),
    z.strictObject({ info: DetectorInfo, objects: z.array(FoundObject), seconds: z.number() }),
  ),
}

export type ComputeContract = typeof computeContract

import { z } from 'zod'
import { call, stream } from '../rpc.ts'
import { Progress } from './common.ts'
import { RuntimeId, RuntimeReport } from './models.ts'

/** The TensorFlow that the tests and the continuous integration compute with. */
export const defaultTensorFlowVersion = '2.15.1'

const NativeBuildRequest = z.strictObject({
  /** of the TensorFlow that is taken from the Python registry */
  version: z
    .string()
    .regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/, 'a version has the form 2.15.1')
    .default(defaultTensorFlowVersion),
  /** with NVIDIA's libraries, several gigabytes */
  gpu: z.boolean().default(false),
  /** again, also where it is there already */
  force: z.boolean().default(false),
})

/** What was timed: a model on a runtime at one kind of work. */
export const SpeedKey = z.strictObject({
  /** of the model */
  sha256: z.string(),
  /** where it ran; of an explanation, where predictions and gradients ran */
  runtime: z.string(),
  /** `predict`, a method with its variant, such as `gradcam standard`, or `detect` with the side of its photos, px */
  work: z.string(),
})
export type SpeedKey = z.output<typeof SpeedKey>

export const Speed = SpeedKey.extend({
  /** the later measurements count more */
  secondsPerImage: z.number().positive(),
  /** ms UTC */
  measuredAt: z.number().int().nonnegative(),
})
export type Speed = z.output<typeof Speed>

/** How fast one network is on one runtime: the quietest of several runs of each figure. */
const NetworkSpeed = z.strictObject({
  /** such as `MobileNet 0.25` */
  network: z.string(),
  runtime: RuntimeId,
  /** where it could not be measured: why; all figures are null then */
  problem: z.string().nullable(),
  /** a single photo, ms */
  singleMs: z.number().nullable(),
  /** photos in a call, as classifiers are given them */
  batchSize: z.number().int().positive(),
  /** a photo in such calls, ms */
  photoMs: z.number().nullable(),
  gflops: z.number().nullable(),
  /** share of the runtime's matrix product */
  peakShare: z.number().nullable(),
  /** forward and back at the layer that Grad-CAM looks at ÷ forward, single photos; null: it cannot */
  gradientRatio: z.number().nullable(),
  /** time a photo ÷ that on the quickest runtime */
  ratio: z.number().nullable(),
})
export type NetworkSpeed = z.output<typeof NetworkSpeed>

/** Every usable runtime measured with networks of generated weights. */
export const RuntimeBench = z.strictObject({
  /** those that are not usable say why; `peakGflops`: a large product of matrices, its best time in this run */
  runtimes: z.array(RuntimeReport.extend({ peakGflops: z.number().nullable() })),
  networks: z.array(NetworkSpeed),
})
export type RuntimeBench = z.output<typeof RuntimeBench>

export const RuntimeBenchRequest = z.strictObject({
  /** also what takes minutes: VGG16 on WebAssembly */
  all: z.boolean().default(false),
})

export const runtimeProcedures = {
  /**
   * Measures every usable runtime, in a compute process of its own: a minute or two on all cores.
   * @throws AppError 'compute.died'
   */
  'runtime.bench': stream(RuntimeBenchRequest, Progress, RuntimeBench),
  /** How fast classifiers were on this machine, the last measured first. */
  'runtime.speeds': call(z.strictObject({}), z.strictObject({ speeds: z.array(Speed) })),
  /**
   * Builds native TensorFlow on this machine: downloads it, compiles the addon of TensorFlow.js against it and computes
   * with it. Compute processes that start from then on use it. Nothing is changed where it fails or is cancelled.
   * @throws AppError 'runtime.unavailable' where there is none for this system, or it does not compute right here,
   *   'runtime.tool-missing', 'runtime.build-failed', 'download.failed', 'file.unwritable'
   */
  'runtime.build-native': stream(
    NativeBuildRequest,
    Progress,
    z.strictObject({
      version: z.string(),
      gpu: z.boolean(),
      /** where it lies; to remove it is to remove this folder */
      folder: z.string(),
      /** false: it was there already */
      isNew: z.boolean(),
      report: RuntimeReport,
    }),
  ),
}

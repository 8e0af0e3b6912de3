import { z } from 'zod'

/** How bytes become network input; see main/tensor/preprocess.ts for what each does. */
export const preprocessings = ['caffe', 'tf', 'torch', 'unit', 'none'] as const
export const Preprocessing = z.enum(preprocessings)
export type Preprocessing = z.output<typeof Preprocessing>

/** How a photo is brought to the input size: Keras's `load_img` takes `nearest`. */
export const resizings = ['nearest', 'bilinear', 'area'] as const
const Resizing = z.enum(resizings)

/** `stretch`: the whole photo, aspect ratio given up; `crop`: the largest centred part of the input's aspect ratio. */
export const fits = ['stretch', 'crop'] as const
const Fit = z.enum(fits)

export const runtimePreferences = ['auto', 'tensorflow', 'onnx', 'wasm'] as const
export const RuntimePreference = z.enum(runtimePreferences)
export type RuntimePreference = z.output<typeof RuntimePreference>

export const RuntimeId = z.enum(['tensorflow', 'onnx', 'wasm'])
export type RuntimeId = z.output<typeof RuntimeId>

const side = z.number().int().min(8).max(4096)

/** What the user may say about a model; what is left out is read from the files beside it or from its layer names. */
export const CardOptions = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  preprocess: Preprocessing.optional(),
  labels: z.array(z.string().max(500)).min(1).max(100_000).optional(),
  /** input side in pixels; only for models that leave it open */
  size: side.optional(),
  /** explanation layer */
  layer: z.string().min(1).max(500).optional(),
  resize: Resizing.optional(),
  fit: Fit.optional(),
})
export type CardOptions = z.output<typeof CardOptions>

/** A complete model card: everything that a result depends on beside the weights. */
export const ModelCard = z.strictObject({
  name: z.string(),
  width: side,
  height: side,
  preprocess: Preprocessing,
  /** null: the classes have numbers only */
  labels: z.array(z.string()).nullable(),
  layer: z.string().nullable(),
  resize: Resizing,
  fit: Fit,
})
export type ModelCard = z.output<typeof ModelCard>

/** Which file, and what is said about it. */
export const ModelRequest = z.strictObject({
  path: z.string().min(1).max(4096),
  card: CardOptions.default({}),
  runtime: RuntimePreference.default('auto'),
})
export type ModelRequest = z.input<typeof ModelRequest>

/** A loaded classifier. */
export const ClassifierInfo = z.strictObject({
  card: ModelCard,
  sha256: z.string(),
  nClasses: z.number().int().positive(),
  /** where its predictions and its gradients are computed */
  predictionRuntime: RuntimeId,
  gradientRuntime: RuntimeId,
  /** what the user should know: fallbacks and their reasons */
  notes: z.array(z.string()),
})
export type ClassifierInfo = z.output<typeof ClassifierInfo>

/** What the probe found out about one runtime. */
export const RuntimeReport = z.strictObject({
  id: RuntimeId,
  label: z.string(),
  isUsable: z.boolean(),
  /** why it is or is not used */
  reason: z.string(),
  /** largest difference from the known numbers of the self-test */
  selfTestError: z.number().nullable(),
  /** speed of a 3×3 convolution in this run */
  gflops: z.number().nullable(),
  canDifferentiate: z.boolean(),
})
export type RuntimeReport = z.output<typeof RuntimeReport>

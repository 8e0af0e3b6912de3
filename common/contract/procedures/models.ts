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

export const runtimePreferences = ['auto', 'tensorflow', 'onnx', 'wasm'] as const
export const RuntimePreference = z.enum(runtimePreferences)
export type RuntimePreference = z.output<typeof RuntimePreference>

export const RuntimeId = z.enum(['tensorflow', 'onnx', 'wasm'])
export type RuntimeId = z.output<typeof RuntimeId>

const side = z.number().int().min(8).max(4096)
/** `shortSide`: the short side is brought to so many pixels and the input cut out of the centre (torchvision: 256). */
export const Fit = z.union([z.enum(fits), z.strictObject({ shortSide: side })])

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

export const architectureNames = ['vgg16', 'resnet50', 'mobilenet'] as const
export type ArchitectureName = (typeof architectureNames)[number]

export const alphas = [0.25, 0.5, 0.75, 1] as const

/** The network of keras.applications that a file of weights belongs to. */
export const ArchitectureRequest = z
  .strictObject({
    name: z.enum(architectureNames),
    /** share of MobileNet's channels */
    alpha: z.literal(alphas).default(1),
    /** true: with the head for ImageNet's, or other, classes; false: with that of ObAlEx's authors, two dense layers */
    top: z.boolean().default(true),
  })
  .refine(({ name, alpha }) => alpha === 1 || name === 'mobilenet', { message: 'only MobileNet has an alpha' })
export type ArchitectureRequest = z.output<typeof ArchitectureRequest>

/** Which file, and what is said about it. */
export const ModelRequest = z.strictObject({
  path: z.string().min(1).max(4096),
  /** for a file that holds weights only */
  architecture: ArchitectureRequest.optional(),
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
})
export type RuntimeReport = z.output<typeof RuntimeReport>

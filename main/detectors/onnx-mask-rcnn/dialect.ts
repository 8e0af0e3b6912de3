import { resizeRgb } from '#common/image/resize.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'

/** A photo as a network is given it. */
export interface PreparedPhoto {
  /** [3, height, width] float32 */
  readonly input: Float32Array
  readonly width: number
  readonly height: number
  /** part of the input that is photo, pixels; the rest is padding */
  readonly content: { readonly width: number; readonly height: number }
}

/** How an export of Mask R-CNN wants its photos. */
export interface Dialect {
  readonly id: 'torchvision' | 'model-zoo'
  readonly label: string
  prepare(photo: RgbImage): PreparedPhoto
}

/** torchvision gives a mask of the photo's size for each object: 100 of them are 1 GB at this many pixels. */
const mostPixels = 2.5e6

function factorOfMost({ width, height }: RgbImage): number {
  return Math.sqrt(mostPixels / (width * height))
}

/**
 * torchvision's `maskrcnn_resnet50_fpn` and its like: RGB from 0 to 1; the model resizes and normalises. Photos of more
 * than 2.5 megapixels are brought to that many first; the model makes them smaller still.
 */
const torchvision: Dialect = {
  id: 'torchvision',
  label: 'torchvision',
  prepare(photo) {
    const factor = Math.min(factorOfMost(photo), 1)
    const { data, width, height } = factor < 1 ? resized(photo, factor, 'area') : photo
    return { input: planes(data, (byte) => byte / 255, [0, 1, 2]), width, height, content: { width, height } }
  },
}

/** Of B, G, R. */
const meanPixel = [102.9801, 115.9465, 122.7717] as const
const shortSide = 800
const step = 32

/**
 * The ONNX model zoo's MaskRCNN-10 and -12 (maskrcnn-benchmark): a short side of 800, BGR less its mean, padded with
 * zeros to multiples of 32. Photos four times as long as wide and longer get a shorter side: there is no end to them else.
 * @see https://github.com/onnx/models/tree/main/validated/vision/object_detection_segmentation/mask-rcnn
 */
const modelZoo: Dialect = {
  id: 'model-zoo',
  label: 'ONNX model zoo',
  prepare(photo) {
    const factor = Math.min(shortSide / Math.min(photo.width, photo.height), factorOfMost(photo))
    const { data, ...content } = resized(photo, factor, 'bilinear')
    const [width, height] = [content.width, content.height].map((side) => Math.ceil(side / step) * step) as [
      number,
      number,
    ]
    const less = planes(data, (byte, channel) => byte - meanPixel[channel]!, [2, 1, 0])
    const input = new Float32Array(3 * width * height)
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < content.height; y++) {
        const from = (channel * content.height + y) * content.width
        input.set(less.subarray(from, from + content.width), (channel * height + y) * width)
      }
    }
    return { input, width, height, content }
  },
}

export const dialects = { torchvision, 'model-zoo': modelZoo } as const satisfies Record<Dialect['id'], Dialect>

function resized(photo: RgbImage, factor: number, method: 'area' | 'bilinear'): RgbImage {
  const [width, height] = [photo.width, photo.height].map((side) => Math.max(Math.floor(side * factor), 1)) as [
    number,
    number,
  ]
  const whole = { x: 0, y: 0, width: photo.width, height: photo.height }
  return resizeRgb(photo, whole, { target: { width, height }, method })
}

/**
 * [height, width, 3] bytes → [3, height, width] float32
 * @param order which of R, G, B each plane is
 */
function planes(
  data: Uint8Array,
  value: (byte: number, plane: number) => number,
  order: readonly [number, number, number],
): Float32Array {
  const nPixels = data.length / 3
  const result = new Float32Array(data.length)
  for (const [plane, channel] of order.entries()) {
    const table = Float32Array.from({ length: 256 }, (_, byte) => value(byte, plane))
    for (let i = 0; i < nPixels; i++) result[plane * nPixels + i] = table[data[3 * i + channel]!]!
  }
  return result
}

import type { RgbImage } from '#common/image/rgb-image.ts'
import { scatter } from './noise.ts'

/** How the camera turns light into a picture. */
interface Camera {
  readonly width: number
  readonly height: number
  /** Canvas pixels around the picture that are cut off. */
  readonly margin: number
  readonly exposure: number
  /** How much darker the corners are, 0 … 1. */
  readonly vignette: number
  /** Standard deviation of the sensor's noise, of 255. */
  readonly noise: number
  readonly seed: number
}

/** Up to here the response is linear. */
const knee = 0.55

/**
 * Exposes, compresses the highlights, darkens the corners, adds the sensor's noise.
 * @param light three linear values a canvas pixel
 */
export function develop(light: Float32Array, camera: Camera): RgbImage {
  const { width, height, margin, seed, exposure, vignette } = camera
  const data = new Uint8Array(3 * width * height)
  const corner = 1 / (width * width + height * height)
  // two bytes summed for all channels and one for each: standard deviation 128
  const strength = camera.noise / 128
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * ((margin + y) * (width + 2 * margin) + margin + x)
      const away = ((2 * x + 1 - width) * (2 * x + 1 - width) + (2 * y + 1 - height) * (2 * y + 1 - height)) * corner
      const gain = exposure * (1 - vignette * away * (0.4 + 0.6 * away))
      const bits = scatter(x, y, seed)
      const common = (bits & 255) + ((bits >> 8) & 255) - 255
      for (let channel = 0; channel < 3; channel++) {
        const own = ((bits >> (12 + 5 * channel)) & 255) - 127.5
        const value = light[from + channel]! * gain
        const level = 255 * Math.sqrt(value > knee ? shoulder(value) : value) + strength * (common + own)
        data[3 * (y * width + x) + channel] = level < 0 ? 0 : level > 255 ? 255 : level + 0.5
      }
    }
  }
  return { width, height, data }
}

/** Slower and slower from the knee towards 1. */
function shoulder(value: number): number {
  const over = (value - knee) / (1 - knee)
  return knee + (1 - knee) * (over / (1 + over))
}

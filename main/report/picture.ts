import sharp from 'sharp'
import { AppError } from '#common/contract/errors.ts'
import { resizeBilinear } from '#common/explanation/bilinear.ts'
import type { Float64Map } from '#common/explanation/map.ts'
import { mapGrid } from '#common/explanation/map-grid.ts'
import { decodeNative } from '#common/explanation/native-map.ts'
import { overlayMap } from '#common/explanation/overlay.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { inputWindow, type PixelSize, type PixelWindow } from '#common/image/geometry.ts'
import { resizeRgb } from '#common/image/resize.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { drawOutline } from '#common/mask/draw-outline.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import type { Evidence } from './document.ts'

/** Longest side of a picture, pixels. */
const longestSide = 320
const webpQuality = 72

/** A drawn picture, or why there is none. */
export type Picture =
  | { readonly kind: 'drawn'; readonly webp: Uint8Array; readonly width: number; readonly height: number }
  | { readonly kind: 'missing' | 'changed' | 'unreadable' }

/** A photo made small, as most that is drawn shows the same few photos. */
interface SmallPhoto {
  readonly photo: PixelSize
  readonly small: RgbImage
}

/** Draws the pictures of one report. */
export class PictureMaker {
  readonly #photos = new Map<string, Promise<SmallPhoto | Picture>>()

  /**
   * The photo with the explanation map over it, in inferno colours, and the outline of the object mask: white and dashed,
   * or cyan and solid where a person corrected it. A photo that is not what was explained is not shown.
   */
  async draw(evidence: Evidence): Promise<Picture> {
    const found = await this.#smallPhoto(evidence)
    if ('kind' in found) return found
    const { photo, small } = found
    const { width, height } = small
    const native = decodeNative(evidence.map)
    const grid = mapGrid(native, evidence.card)
    const window = inputWindow(photo, grid, grid.fit)
    const { data } = overlayMap(small, mapOnPicture(renderMap(native, grid), { photo, small, window }))
    const lines = Buffer.from(drawLines(evidence, { photo, small, window }))
    const webp = await sharp(data, { raw: { width, height, channels: 3 } })
      .composite([{ input: lines }])
      .webp({ quality: webpQuality })
      .toBuffer()
    return { kind: 'drawn', webp, width, height }
  }

  #smallPhoto(evidence: Evidence): Promise<SmallPhoto | Picture> {
    const key = JSON.stringify([evidence.folder, evidence.file, evidence.sha256])
    const known = this.#photos.get(key)
    if (known) return known
    const photo = readSmall(evidence)
    this.#photos.set(key, photo)
    return photo
  }
}

async function readSmall({ folder, file, sha256 }: Evidence): Promise<SmallPhoto | Picture> {
  try {
    const photo = await decodeImage(await resolveInside(folder, file))
    if (photo.sha256 !== sha256) return { kind: 'changed' }
    const { width, height } = photo
    const factor = Math.min(1, longestSide / Math.max(width, height))
    const target = { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) }
    const window = { x: 0, y: 0, width, height }
    return { photo: { width, height }, small: resizeRgb(photo, window, { target, method: 'area' }) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { kind: error.code === 'file.missing' ? 'missing' : 'unreadable' }
  }
}

interface Canvas extends SmallPhoto {
  /** what of the photo the classifier saw */
  readonly window: PixelWindow
}

/** The map at the picture's size; nothing outside of what the classifier saw. */
function mapOnPicture(map: Float64Map, canvas: Canvas): Float64Map {
  const { width, height } = canvas.small
  const seen = seenPart(canvas)
  const inside = resizeBilinear(map, seen.height, seen.width)
  if (seen.width === width && seen.height === height) return inside
  const data = new Float64Array(width * height)
  for (let y = 0; y < seen.height; y++) {
    data.set(inside.data.subarray(y * seen.width, (y + 1) * seen.width), (seen.y + y) * width + seen.x)
  }
  return { width, height, data }
}

/** The window of the photo in pixels of the picture, at least one each way. */
function seenPart({ photo, small, window }: Canvas): PixelWindow {
  const [scaleX, scaleY] = [small.width / photo.width, small.height / photo.height]
  const x = Math.min(small.width - 1, Math.round(window.x * scaleX))
  const y = Math.min(small.height - 1, Math.round(window.y * scaleY))
  const right = Math.max(x + 1, Math.round((window.x + window.width) * scaleX))
  const bottom = Math.max(y + 1, Math.round((window.y + window.height) * scaleY))
  return { x, y, width: right - x, height: bottom - y }
}

/** Outline of the mask, and of what the classifier saw where that is not the whole photo, as an SVG drawing. */
function drawLines({ mask, isCorrected }: Evidence, canvas: Canvas): string {
  const { photo, small, window } = canvas
  const { x, y, width, height } = seenPart(canvas)
  const isWhole = window.width === photo.width && window.height === photo.height
  const frame = `<rect x="${x + 0.5}" y="${y + 0.5}" width="${width - 1}" height="${height - 1}" stroke="#fff" stroke-opacity="0.7"/>`
  const outline = mask === null ? '' : drawOutline(mask, small, isCorrected)
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${small.width}" height="${small.height}" fill="none" stroke-linejoin="round">` +
    `${isWhole ? '' : frame}${outline}</svg>`
  )
}

import { z } from 'zod'
import { roundEven } from '#common/image/round-even.ts'
import { joinFragments } from './join-fragments.ts'
import { labPlanes } from './lab-colour.ts'
import { numberSegments, type Segmentation, type Segmenter, type SegmenterPhoto } from './segmenter.ts'
import { smoothPlanes } from './smooth-planes.ts'

const options = {
  segments: z.coerce.number().int().min(1).max(10_000).default(50).describe('slic: how many segments, about'),
  compactness: z.coerce
    .number()
    .min(1e-3)
    .max(1e6)
    .default(10)
    .describe('slic: weight of place against colour; larger gives squarer segments'),
  sigma: z.coerce.number().min(0).max(100).default(0).describe('slic: blur before the division, pixels'),
}
type Options = z.output<z.ZodObject<typeof options>>

const nRounds = 10

/**
 * SLIC: k-means over place and Lab colour from a regular grid of centres, each looking no further than two grid steps;
 * then scattered fragments join a neighbour. As `slic(photo, n_segments, compactness, sigma=…)` of scikit-image 0.24,
 * but for rounding (a pixel may go over where two centres are equally near to 1e-12) and for the numbers of the
 * segments, which start at 0 here; its `slic_zero`, `mask` and `spacing` are not there.
 * @see Achanta et al., TPAMI 34 (11), 2012
 */
export const slic: Segmenter<typeof options> = { options, segment }

function segment(photo: SegmenterPhoto, { segments, compactness, sigma }: Options): Segmentation {
  const { width, height } = photo
  const grid = gridOf(width, height, segments)
  const colours = smoothPlanes(labPlanes(photo.data, fullRange(photo.data)), { width, height, sigma })
  for (let i = 0; i < colours.length; i++) colours[i]! /= compactness
  const { labels, nCentres } = clusters(colours, { width, height, grid })
  const size = (width * height) / nCentres
  return numberSegments(
    joinFragments(labels, { width, height, minSize: Math.floor(0.5 * size), maxSize: Math.floor(3 * size) }),
  )
}

/** scikit-image stretches the photo to 0…1 first. */
function fullRange(data: Uint8Array): { min: number; max: number } {
  let min = 255
  let max = 0
  for (const byte of data) {
    if (byte < min) min = byte
    if (byte > max) max = byte
  }
  return { min, max: max === min ? min + 255 : max }
}

interface Grid {
  readonly stepX: number
  readonly stepY: number
  readonly startX: number
  readonly startY: number
}

/** About n points, evenly; where a side is shorter than the step, one row in its middle. */
function gridOf(width: number, height: number, n: number): Grid {
  if (width * height <= n) return { stepX: 1, stepY: 1, startX: 0, startY: 0 }
  const even = Math.sqrt((width * height) / n)
  const shorter = Math.min(width, height)
  const [ofShorter, ofLonger] = shorter < even ? [shorter, Math.max(width, height) / n] : [even, even]
  const [x, y] = width < height ? [ofShorter, ofLonger] : [ofLonger, ofShorter]
  return { stepX: roundEven(x), stepY: roundEven(y), startX: Math.floor(x / 2), startY: Math.floor(y / 2) }
}

interface Clustering {
  readonly width: number
  readonly height: number
  readonly grid: Grid
}

/** y, x and three colours of a centre */
const nFeatures = 5

function clusters(
  colours: Float64Array,
  { width, height, grid }: Clustering,
): { labels: Int32Array; nCentres: number } {
  const centres: number[] = []
  for (let y = grid.startY; y < height; y += grid.stepY) {
    for (let x = grid.startX; x < width; x += grid.stepX) centres.push(y, x, 0, 0, 0)
  }
  const means = Float64Array.from(centres)
  const nCentres = means.length / nFeatures
  // scikit-image lays the grid anew for the number of centres that came out, for the windows only
  const { stepX, stepY } = gridOf(width, height, nCentres)
  const reach = { width, height, x: 2 * stepX, y: 2 * stepY, placeWeight: 1 / Math.max(grid.stepX, grid.stepY) ** 2 }
  const labels = new Int32Array(width * height)
  for (let round = 0; round < nRounds; round++) {
    assign(labels, { means, colours, reach })
    if (round < nRounds - 1) recentre(means, { labels, colours, width })
  }
  return { labels, nCentres }
}

interface Assignment {
  readonly means: Float64Array
  readonly colours: Float64Array
  readonly reach: Reach
}

interface Reach {
  readonly width: number
  readonly height: number
  /** how far a centre looks, pixels */
  readonly x: number
  readonly y: number
  /** of a squared distance in place */
  readonly placeWeight: number
}

/** Each pixel goes to the nearest centre that reaches it; of equally near ones to the first. */
function assign(labels: Int32Array, { means, colours, reach }: Assignment): void {
  const { width, height, placeWeight } = reach
  const n = width * height
  const nearest = new Float64Array(n).fill(Infinity)
  for (let at = 0, centre = 0; at < means.length; at += nFeatures, centre++) {
    const y0 = means[at]!
    const x0 = means[at + 1]!
    const endY = Math.floor(Math.min(y0 + reach.y + 1, height))
    const endX = Math.floor(Math.min(x0 + reach.x + 1, width))
    for (let y = Math.floor(Math.max(y0 - reach.y, 0)); y < endY; y++) {
      const dy = (y0 - y) ** 2
      for (let x = Math.floor(Math.max(x0 - reach.x, 0)); x < endX; x++) {
        const pixel = y * width + x
        const d0 = colours[pixel]! - means[at + 2]!
        const d1 = colours[n + pixel]! - means[at + 3]!
        const d2 = colours[2 * n + pixel]! - means[at + 4]!
        const distance = (dy + (x0 - x) ** 2) * placeWeight + (d0 * d0 + d1 * d1 + d2 * d2)
        if (distance < nearest[pixel]!) {
          nearest[pixel] = distance
          labels[pixel] = centre
        }
      }
    }
  }
}

interface Members {
  readonly labels: Int32Array
  readonly colours: Float64Array
  readonly width: number
}

/** A centre that lost all its pixels is NaN from then on: nothing is near to it. */
function recentre(means: Float64Array, { labels, colours, width }: Members): void {
  const n = labels.length
  const counts = new Int32Array(means.length / nFeatures)
  means.fill(0)
  for (let pixel = 0; pixel < n; pixel++) {
    const centre = labels[pixel]!
    const at = centre * nFeatures
    counts[centre]!++
    means[at]! += Math.floor(pixel / width)
    means[at + 1]! += pixel % width
    for (let channel = 0; channel < 3; channel++) means[at + 2 + channel]! += colours[channel * n + pixel]!
  }
  for (let i = 0; i < means.length; i++) means[i]! /= counts[Math.floor(i / nFeatures)]!
}

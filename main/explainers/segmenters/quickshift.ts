import { z } from 'zod'
import { Pcg64 } from '../random/pcg64.ts'
import { standardNormals } from '../random/ziggurat-normal.ts'
import type { ColourField } from './colour-field.ts'
import { kernelDensities } from './kernel-density.ts'
import { labPlanes } from './lab-colour.ts'
import { numberSegments, type Segmentation, type Segmenter, type SegmenterPhoto } from './segmenter.ts'

const options = {
  kernelSize: z.coerce
    .number()
    .min(1)
    .max(32)
    .default(4)
    .describe('quickshift: width of the kernel that smooths the density, pixels'),
  maxDistance: z.coerce
    .number()
    .min(0)
    .max(1e6)
    .default(200)
    .describe('quickshift: pixels further apart than this, in place and colour, never join'),
  colourRatio: z.coerce.number().min(0).max(1).default(0.2).describe('quickshift: weight of colour against place'),
}
type Options = z.output<z.ZodObject<typeof options>>

/**
 * Quickshift: every pixel joins the nearest pixel of a denser neighbourhood, in place and Lab colour; those that have
 * none are the roots of the segments. The same segments as `quickshift(photo, kernel_size, max_dist, ratio)` of
 * scikit-image 0.24, ties and their noise included.
 * @throws AppError 'explainer.options' for more than 65536 segments
 * @see Vedaldi and Soatto, ECCV 2008
 * @see https://github.com/scikit-image/scikit-image/blob/v0.24.0/skimage/segmentation/_quickshift_cy.pyx
 */
export const quickshift: Segmenter<typeof options> = { options, segment }

function segment(photo: SegmenterPhoto, { kernelSize, maxDistance, colourRatio }: Options): Segmentation {
  const { width, height, data } = photo
  const colours = labPlanes(data)
  for (let i = 0; i < colours.length; i++) colours[i]! *= colourRatio
  const field = { width, height, colours, radius: Math.ceil(3 * kernelSize) }
  const densities = kernelDensities(field, kernelSize)
  addTieNoise(densities)
  const parents = nearestDenser(field, densities, maxDistance)
  return numberSegments(rootsOf(parents))
}

/** Where densities are equal, noise decides; scikit-image draws it from seed 42 whatever the caller's seed. */
function addTieNoise(densities: Float64Array): void {
  const noise = standardNormals(new Pcg64(42), densities.length)
  for (let i = 0; i < densities.length; i++) densities[i]! += noise[i]! * 1e-5
}

/**
 * For each pixel the nearest denser one in its window, itself where there is none within `maxDistance`. Of equally near
 * ones the first in reading order.
 */
function nearestDenser(field: ColourField, densities: Float64Array, maxDistance: number): Int32Array {
  const { width, height, colours, radius } = field
  const n = width * height
  const { rows, cols, distances } = movesByDistance(radius)
  const nMoves = distances.length
  const parents = new Int32Array(n)
  for (let row = 0, at = 0; row < height; row++) {
    for (let col = 0; col < width; col++, at++) {
      const density = densities[at]!
      const c0 = colours[at]!
      const c1 = colours[n + at]!
      const c2 = colours[2 * n + at]!
      let closest = Infinity
      let parent = at
      // a pixel is at least as far away in place and colour as in place alone
      for (let move = 0; move < nMoves && distances[move]! <= closest; move++) {
        const y = row + rows[move]!
        const x = col + cols[move]!
        if (y < 0 || y >= height || x < 0 || x >= width) continue
        const other = y * width + x
        if (densities[other]! <= density) continue
        const d0 = c0 - colours[other]!
        const d1 = c1 - colours[n + other]!
        const d2 = c2 - colours[2 * n + other]!
        const distance = distances[move]! + d0 * d0 + d1 * d1 + d2 * d2
        if (distance < closest || (distance === closest && other < parent)) {
          closest = distance
          parent = other
        }
      }
      parents[at] = Math.sqrt(closest) > maxDistance ? at : parent
    }
  }
  return parents
}

interface Moves {
  readonly rows: Int32Array
  readonly cols: Int32Array
  /** squared, ascending */
  readonly distances: Float64Array
}

/** All moves within the window but for staying. */
function movesByDistance(radius: number): Moves {
  const side = 2 * radius + 1
  const moves = Array.from({ length: side * side }, (_, i) => {
    const row = Math.floor(i / side) - radius
    const col = (i % side) - radius
    return { row, col, distance: row * row + col * col }
  })
    .filter(({ distance }) => distance > 0)
    .sort((a, b) => a.distance - b.distance)
  return {
    rows: Int32Array.from(moves, ({ row }) => row),
    cols: Int32Array.from(moves, ({ col }) => col),
    distances: Float64Array.from(moves, ({ distance }) => distance),
  }
}

/** Follows the parents up; what is shortened on the way is not walked twice. */
function rootsOf(parents: Int32Array): Int32Array {
  for (let i = 0; i < parents.length; i++) {
    let root = i
    while (parents[root] !== root) root = parents[root]!
    for (let at = i; parents[at] !== root;) {
      const next = parents[at]!
      parents[at] = root
      at = next
    }
  }
  return parents
}

import { z } from 'zod'
import type { LinearAxis } from '#common/explanation/linear-axis.ts'
import type { NativeMap } from '#common/explanation/native-map.ts'
import { logitsInBatches } from '#main/tensor/classifier.ts'
import { classScore } from './class-score.ts'
import type { Explainer, ExplainRequest } from './explainer.ts'
import { drawMasks, maskAxes, type RiseMasks } from './rise-masks.ts'

const options = z.strictObject({
  samples: z.coerce.number().int().min(1).max(100_000).default(4000).describe('how many random masks hide the photo'),
  cells: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(7)
    .describe('cells of a mask along each side: fewer are coarser, more need more masks'),
  keep: z.coerce.number().min(0.01).max(0.99).default(0.5).describe('share of a mask’s cells that stay visible'),
  seed: z.coerce.number().int().min(0).max(0xffff_ffff).default(42).describe('start of the random numbers'),
})
type Options = z.output<typeof options>

/** Numbers of the map that is kept to a cell of the masks, along each side: what lies between is as good as linear. */
const density = 8

/**
 * RISE: the photo is hidden by many random masks, each a coarse grid of cells that are kept or not, enlarged bilinearly and
 * shifted by a random part of a cell; a pixel's importance is the mean score of the photos in which it was visible:
 * Σ score · mask / (samples · keep). The score is the class's probability, as in the method's paper.
 *
 * The sum itself never falls to 0, so that the map is brought to 0…1 by its least and largest value, as the paper shows
 * it. It is kept with eight numbers to a cell of the masks (56×56 for 7): enlarged masks are smooth, and what is lost is far below
 * what another seed changes.
 * @see Petsiuk, Das, Saenko, BMVC 2018
 */
export const rise: Explainer<Options> = {
  id: 'rise',
  label: 'RISE',
  description: 'Hides random parts of the photo many times and averages what was visible when the class was seen.',
  variants: ['standard'],
  options,
  explain,
}

async function explain(request: ExplainRequest<Options>): Promise<NativeMap> {
  const { width, height } = request.classifier.info.card
  const { samples, keep, cells } = request.options
  const masks = drawMasks({ width, height, ...request.options })
  const scores = await scoresBehind(masks, request)
  const rows = Math.min(height, density * cells)
  const cols = Math.min(width, density * cells)
  const isFlat = scores.every((score) => score === scores[0])
  // equal scores as zeros: the masks alone would leave their own pattern
  const values = isFlat ? new Float64Array(rows * cols) : weightedMasks(masks, scores, { rows, cols })
  return {
    kind: 'grid',
    rows,
    cols,
    values: values.map((sum) => sum / (samples * keep)),
    steps: [{ op: 'bilinear' }, { op: 'minmax' }],
    ...(isFlat ? { note: 'flat' } : {}),
  }
}

/** Probability of the class behind each mask. */
async function scoresBehind(masks: RiseMasks, request: ExplainRequest<Options>): Promise<Float64Array> {
  const { classifier, input, signal, onProgress } = request
  const { samples } = request.options
  const { nClasses } = classifier.info
  const logits = await logitsInBatches(classifier, samples, (index, target) => hide(input, target, masks, index), {
    signal,
    onProgress: (done) => onProgress(done / samples),
  })
  return Float64Array.from({ length: samples }, (_, i) =>
    classScore(classifier.probabilities(logits.subarray(i * nClasses, (i + 1) * nClasses)), request),
  )
}

/** Multiplies the preprocessed photo by a mask. */
function hide(input: Float32Array, target: Float32Array, masks: RiseMasks, index: number): void {
  const { width, height } = masks
  const grid = masks.grid(index)
  const { rows, columns } = maskAxes(masks, index, { rows: height, cols: width })
  const line = new Float64Array(masks.cells)
  for (let y = 0; y < height; y++) {
    mixRows(grid, rows, y, line)
    for (let x = 0; x < width; x++) {
      const share = mixed(line, columns, x)
      const at = (y * width + x) * 3
      for (let c = at; c < at + 3; c++) target[c] = input[c]! * share
    }
  }
}

/** Σ score · mask at the centres of the cells of a coarser grid. Masks of the same shift are added up before they are enlarged. */
function weightedMasks(
  masks: RiseMasks,
  scores: Float64Array,
  size: { readonly rows: number; readonly cols: number },
): Float64Array {
  const byShift = new Map<number, { readonly index: number; readonly sum: Float64Array }>()
  scores.forEach((score, index) => {
    const shift = masks.shifts[2 * index]! * masks.width + masks.shifts[2 * index + 1]!
    const group = byShift.get(shift) ?? { index, sum: new Float64Array(masks.cells ** 2) }
    byShift.set(shift, group)
    masks.grid(index).forEach((bit, cell) => (group.sum[cell]! += bit * score))
  })
  const values = new Float64Array(size.rows * size.cols)
  const line = new Float64Array(masks.cells)
  for (const { index, sum } of byShift.values()) {
    const { rows, columns } = maskAxes(masks, index, size)
    for (let y = 0; y < size.rows; y++) {
      mixRows(sum, rows, y, line)
      for (let x = 0; x < size.cols; x++) values[y * size.cols + x]! += mixed(line, columns, x)
    }
  }
  return values
}

/** The grid's values along a row that lies between two of its rows. */
function mixRows(grid: ArrayLike<number>, rows: LinearAxis, y: number, line: Float64Array): void {
  const n = line.length
  const [top, bottom, down] = [rows.lower[y]! * n, rows.upper[y]! * n, rows.fraction[y]!]
  for (let x = 0; x < n; x++) line[x] = grid[top + x]! * (1 - down) + grid[bottom + x]! * down
}

function mixed(line: Float64Array, columns: LinearAxis, x: number): number {
  const along = columns.fraction[x]!
  return line[columns.lower[x]!]! * (1 - along) + line[columns.upper[x]!]! * along
}

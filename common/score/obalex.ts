import { AppError } from '../contract/errors.ts'

/** `paper` is what the authors' scripts do; `standard` what the metric means. See `obalexScore`. */
export type ScoreVariant = 'standard' | 'paper'

/** Why there is no evidence to divide, or nothing to find it on. */
export type ScoreGap = 'no-evidence' | 'no-mask'

/** An object mask and an explanation map on the same grid, both row-major [height × width]. */
export interface MaskAndMap {
  readonly width: number
  readonly height: number
  /** 0…1, usually binary: the share of the cell that is object. */
  readonly mask: ArrayLike<number>
  /** The evidence of each cell, any scale. */
  readonly map: ArrayLike<number>
}

export interface ObalexScore {
  /** Share of the evidence that lies on the object, 0…1; null where it is undefined. */
  readonly obalex: number | null
  /** Mean of the mask, 0…1: the score that a uniform map would get. */
  readonly areaShare: number
  /** obalex / areaShare: how often more evidence on the object than a uniform map has. */
  readonly lift: number | null
  /** (obalex − areaShare) / (1 − areaShare): 0 as a uniform map, 1 all on the object; null where the mask covers all. */
  readonly normalized: number | null
  /** Set where Σ b = 0 or the mask is empty; an empty mask is looked at first. */
  readonly reason?: ScoreGap
}

/**
 * Share of an explanation's mass that lies on the object: Σ a·b / Σ b, summed in float64.
 *
 * Σ b = 0 has no share: null and `no-evidence`. Variant `paper` then gives 0, as the authors' scripts do (the reason
 * stays set). An empty mask gives null and `no-mask` in both variants.
 * @throws AppError 'shape.mismatch'; 'mask.range' outside 0…1 or NaN; 'map.negative'; 'map.not-finite', also where
 *   the sum is beyond float64
 * @see Nguyen, Oberföll, Färber, ECIR 2021, eq. 1
 */
export function obalexScore(input: MaskAndMap & { readonly variant?: ScoreVariant }): ObalexScore {
  requireCells(input)
  const { mask, map, variant = 'standard' } = input
  let area = 0
  let inside = 0
  let total = 0
  for (let i = 0; i < map.length; i++) {
    const a = mask[i]!
    const b = map[i]!
    if (!(a >= 0 && a <= 1)) throw maskRangeError(i, a)
    if (!(b >= 0)) throw b < 0 ? negativeError(i, b, input.width) : notFiniteError(i, b)
    area += a
    inside += a * b
    total += b
  }
  if (total === Infinity) throw notFiniteError(-1, total)

  const areaShare = area / map.length
  if (area === 0) return { obalex: null, areaShare, lift: null, normalized: null, reason: 'no-mask' }
  const obalex = total > 0 ? inside / total : variant === 'paper' ? 0 : null
  return {
    obalex,
    areaShare,
    lift: obalex === null ? null : obalex / areaShare,
    normalized: obalex === null || areaShare === 1 ? null : (obalex - areaShare) / (1 - areaShare),
    ...(total > 0 ? {} : { reason: 'no-evidence' }),
  }
}

/**
 * Checks that mask and map fill the grid, and that there is one.
 * @throws AppError 'shape.mismatch'
 */
export function requireCells({ mask, map, width, height }: MaskAndMap): void {
  const cells = width * height
  if (cells > 0 && mask.length === cells && map.length === cells) return
  throw new AppError(
    'shape.mismatch',
    `a grid of ${width}×${height} needs ${cells} cells; the mask has ${mask.length}, the map ${map.length}`,
    { hint: 'Mask and map must lie on the same grid.', data: { width, height } },
  )
}

/** The error for a map value that is NaN or infinite; index −1 is the sum. */
export function notFiniteError(index: number, value: number): AppError {
  const what = index < 0 ? 'the sum' : `cell ${index}`
  return new AppError('map.not-finite', `${what} of the explanation map is ${value}`, { data: { index } })
}

function negativeError(index: number, value: number, width: number): AppError {
  return new AppError(
    'map.negative',
    `the explanation map is ${value} at column ${index % width}, row ${Math.floor(index / width)}; a share of evidence needs values ≥ 0`,
    { hint: 'Clip negative evidence to 0, or take its absolute value, before scoring.', data: { index, value } },
  )
}

function maskRangeError(index: number, value: number): AppError {
  return new AppError('mask.range', `cell ${index} of the object mask is ${value}; it must be 0…1`, {
    hint: 'Divide a mask of 0 and 255 by 255.',
    data: { index, value },
  })
}

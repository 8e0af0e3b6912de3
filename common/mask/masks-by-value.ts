import { AppError } from '../contract/errors.ts'
import { checkSize, rleFromChanges, type Rle } from './rle.ts'

/** Pixels that each have a number, row-major. */
interface Numbered {
  readonly width: number
  readonly height: number
  readonly values: Uint8Array | Uint32Array
}

/**
 * The mask of each number that pixels have, in one pass: a pixel is in the mask of its number alone.
 * @param isObject whether a number stands for an object; asked once a number
 * @param most numbers of objects at most
 * @returns masks by their numbers, the numbers ascending
 * @throws AppError 'rle.size'; 'rle.counts' where there are more numbers of objects than `most`
 */
export function masksByValue(
  { width, height, values }: Numbered,
  isObject: (value: number) => boolean,
  most = Infinity,
): Map<number, Rle> {
  checkSize(width, height)
  const changes = new Map<number, number[] | null>()
  const changesOf = (value: number): number[] | null => {
    const known = changes.get(value)
    if (known !== undefined) return known
    const own = isObject(value) ? [] : null
    changes.set(value, own)
    if (own !== null && ++nObjects > most) throw tooMany(most)
    return own
  }
  let nObjects = 0
  let current: number[] | null = null
  let before = -1
  for (let x = 0, place = 0; x < width; x++) {
    for (let y = 0; y < height; y++, place++) {
      const value = values[y * width + x]!
      if (value === before) continue
      current?.push(place)
      current = changesOf(value)
      current?.push(place)
      before = value
    }
  }
  return new Map(
    [...changes]
      .filter((entry): entry is [number, number[]] => entry[1] !== null)
      .sort(([a], [b]) => a - b)
      .map(([value, places]) => [value, rleFromChanges(Uint32Array.from(places), width, height)] as const),
  )
}

function tooMany(most: number): AppError {
  return new AppError('rle.counts', `its pixels have more than ${most} different values; each would be an object`)
}

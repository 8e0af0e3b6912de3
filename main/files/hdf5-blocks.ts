import type { NumberKind } from './hdf5-numbers.ts'

/** What is read at once: WebAssembly's memory never shrinks again. */
const blockBytes = 1 << 24

/** How a dataset lies in its file. */
export interface StoredArray {
  readonly shape: readonly number[]
  /** null: not chunked */
  readonly chunks: readonly number[] | null
  /** bytes a number */
  readonly size: number
  readonly kind: NumberKind
}

/** A part of an array: where it begins, and how many cells it has along each axis. */
export interface Block {
  readonly offset: readonly number[]
  readonly count: readonly number[]
}

/**
 * Cuts an array into blocks that follow each other in memory: runs along one axis, whole in the axes after it, single in
 * those before. Along the first axis a run is made of whole chunks, so that none is unpacked twice.
 */
export function* blocksOf({ shape, chunks, size }: StoredArray): Generator<Block> {
  if (shape.includes(0)) return
  if (shape.length === 0) {
    yield { offset: [], count: [] }
    return
  }
  const tailBytes = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)) * size)
  const axis = Math.max(
    0,
    tailBytes.findIndex((bytes) => bytes <= blockBytes),
  )
  const chunk = axis === 0 ? (chunks?.[0] ?? 1) : 1
  const run = Math.max(1, Math.floor(blockBytes / (tailBytes[axis]! * chunk))) * chunk
  const nOuter = sizeOf(shape.slice(0, axis))
  for (let outer = 0; outer < nOuter; outer++) {
    const indices = indicesOf(outer, shape.slice(0, axis))
    for (let start = 0; start < shape[axis]!; start += run) {
      yield {
        offset: [...indices, start, ...shape.slice(axis + 1).fill(0)],
        count: [...indices.map(() => 1), Math.min(run, shape[axis]! - start), ...shape.slice(axis + 1)],
      }
    }
  }
}

function indicesOf(flat: number, shape: readonly number[]): number[] {
  const indices = new Array<number>(shape.length).fill(0)
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    indices[axis] = rest % shape[axis]!
    rest = Math.floor(rest / shape[axis]!)
  }
  return indices
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1)
}

interface FragmentSizes {
  readonly width: number
  readonly height: number
  /** pixels; smaller pieces join a neighbour */
  readonly minSize: number
  /** pixels; a piece is cut where it reaches this */
  readonly maxSize: number
}

/**
 * Makes every segment one connected piece, as the last step of SLIC: pieces in reading order of their first pixel, too
 * small ones join the piece beside them that was met last.
 * @param labels segment of every pixel, row-major
 * @returns new ids, from 1
 * @see https://github.com/scikit-image/scikit-image/blob/v0.24.0/skimage/segmentation/_slic.pyx
 */
export function joinFragments(labels: Int32Array, { width, height, minSize, maxSize }: FragmentSizes): Int32Array {
  const ids = new Int32Array(labels.length)
  const piece = new Int32Array(Math.max(maxSize, 1))
  let next = 1
  for (let start = 0; start < labels.length; start++) {
    if (ids[start] !== 0) continue
    const label = labels[start]!
    let beside = next // without a neighbour yet, a small piece shares its id with the next one
    let size = 1
    ids[start] = next
    piece[0] = start
    for (let visited = 0; visited < size && size < maxSize; visited++) {
      const at = piece[visited]!
      const x = at % width
      const y = (at - x) / width
      for (let side = 0; side < 4; side++) {
        const other = neighbour(side, { x, y, width, height })
        if (other < 0) continue
        if (ids[other] === 0 && labels[other] === label) {
          ids[other] = next
          piece[size++] = other
          if (size >= maxSize) break
        } else if (ids[other] !== 0 && ids[other] !== next) {
          beside = ids[other]!
        }
      }
    }
    if (size < minSize) for (let i = 0; i < size; i++) ids[piece[i]!] = beside
    else next++
  }
  return ids
}

interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Right, left, below, above; −1 outside. */
function neighbour(side: number, { x, y, width, height }: Place): number {
  switch (side) {
    case 0:
      return x + 1 < width ? y * width + x + 1 : -1
    case 1:
      return x > 0 ? y * width + x - 1 : -1
    case 2:
      return y + 1 < height ? (y + 1) * width + x : -1
    default:
      return y > 0 ? (y - 1) * width + x : -1
  }
}

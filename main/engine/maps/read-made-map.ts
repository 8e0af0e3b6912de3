import { AppError, type ErrorCode } from '#common/contract/errors.ts'
import type { DenseMap } from '#common/explanation/map.ts'
import type { GridMap } from '#common/explanation/native-map.ts'
import { readMap } from '#main/files/map-file.ts'

/** A map that a file held, or why it holds none that can be used: words that follow “the file”. */
export type MadeMap = { readonly native: GridMap } | { readonly problem: string }

/** No classifier's input is larger, and a project keeps eight bytes of every cell. */
const maxSide = 4096

/** Failures of one file that leave the others usable. */
const brokenCodes: ReadonlySet<ErrorCode> = new Set([
  'map.format',
  'map.not-finite',
  'npy.format',
  'image.broken',
  'image.too-large',
  'file.unreadable',
  'file.missing',
])

/** Reads a map that was made elsewhere: taken as it is, at its own size, in any scale; no value below 0. */
export async function readMadeMap(path: string): Promise<MadeMap> {
  let map: DenseMap
  try {
    map = await readMap(path)
  } catch (error) {
    if (!(error instanceof AppError && brokenCodes.has(error.code))) throw error
    return { problem: withoutPath(error.message, path) }
  }
  const problem = problemOf(map)
  if (problem !== null) return { problem }
  const { width, height, data } = map
  const values = data instanceof Float64Array ? data : Float64Array.from(data)
  return { native: { kind: 'grid', rows: height, cols: width, values, steps: [] } }
}

function problemOf({ width, height, data }: DenseMap): string | null {
  if (width > maxSide || height > maxSide) return `has ${width}×${height} cells; at most ${maxSide} each way are taken`
  const negative = data.findIndex((value) => value < 0)
  if (negative < 0) return null
  const [x, y] = [negative % width, Math.floor(negative / width)]
  return `holds ${data[negative]!} in row ${y}, column ${x}: no value of a map may be below 0`
}

/** The place of a defect names the file already. */
function withoutPath(message: string, path: string): string {
  const words = message.startsWith(`${path} `) ? message.slice(path.length + 1) : `cannot be read: ${message}`
  return words.replace(/\.$/, '')
}

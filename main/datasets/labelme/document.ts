import { AppError } from '#common/contract/errors.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import type { JsonObject } from '../dataset.ts'
import type { PlacelessDefect, Size } from '../defects.ts'
import { endOfNested, maxDepth, type Progress } from '../json/bytes.ts'
import { isObject, without } from '../json/objects.ts'

/** A LabelMe file: what it says of its photo. The shapes are not looked at yet. */
export interface LabelmeDocument {
  readonly imagePath: string
  /** Null where the file gives none. */
  readonly given: Size | null
  /** Whether the photo itself is in the file. */
  readonly hasImageData: boolean
  readonly shapes: readonly unknown[]
  /** Everything but the shapes, and what is the photo's or is written anew. */
  readonly rest: JsonObject
}

/** A file that can be used, or why it cannot. */
export type DocumentReading = { readonly document: LabelmeDocument } | { readonly defect: PlacelessDefect }

/** Room for the photo in base64, twice over; what is larger was not written by LabelMe. */
const maxBytes = 1 << 28
const maxPathLength = 4096
const ownFields = ['shapes', 'imagePath', 'imageData', 'imageHeight', 'imageWidth']

/**
 * Reads a LabelMe file. Never throws for what it holds.
 * @param folder the file is below it, and is not opened where a link leads out of it
 * @param file relative to the folder
 */
export async function readDocument(folder: string, file: string): Promise<DocumentReading> {
  try {
    const path = await resolveInside(folder, file)
    return parseDocument(await readBytes(path, { maxBytes, code: 'json.format' }))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'path.outside') return { defect: { kind: 'path-outside', action: 'refused' } }
    return invalid(error.message.replace(/\.$/, ''))
  }
}

function parseDocument(bytes: Uint8Array): DocumentReading {
  const progress: Progress = { depth: 0, isInString: false, isEscaped: false }
  endOfNested(bytes, 0, bytes.length, progress)
  if (progress.depth > maxDepth) return invalid(`the file nests deeper than ${maxDepth} levels`)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    return invalid(`the file is cut off or no JSON (${(error as Error).message.replace(/\s+/g, ' ')})`)
  }
  if (!isObject(value)) return invalid('the file is no LabelMe file: it is no JSON object')
  const { shapes, imagePath, imageData, imageHeight, imageWidth } = value
  if (!Array.isArray(shapes)) return invalid('the file is no LabelMe file: it has no list of shapes')
  if (typeof imagePath !== 'string' || imagePath === '' || imagePath.length > maxPathLength) {
    return invalid('the file is no LabelMe file: it has no imagePath')
  }
  const given = isSide(imageWidth) && isSide(imageHeight) ? ([imageWidth, imageHeight] as const) : null
  const hasImageData = typeof imageData === 'string' && imageData !== ''
  return { document: { imagePath, given, hasImageData, shapes, rest: without(value, ownFields) } }
}

const invalid = (reason: string): DocumentReading => ({ defect: { kind: 'record-invalid', action: 'refused', reason } })

function isSide(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}

import { AppError } from '#common/contract/errors.ts'
import type { Box } from '#common/mask/rle.ts'
import { regularFile } from '#main/files/regular-file.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import type { JsonObject } from '../dataset.ts'
import type { Size } from '../defects.ts'
import { isObject } from '../json/objects.ts'
import { element, type XmlElement } from '../xml/elements.ts'
import { readElements } from '../xml/read-elements.ts'
import { childOf, fieldsOf, textOf } from './fields.ts'

/** An object of an annotation file. */
export interface VocRecord {
  /** Its place among the file's objects, from 0. */
  readonly index: number
  readonly name: string
  /** Null where the file gives none that could be. */
  readonly box: Box | null
  /** All that the file says of it. */
  readonly fields: JsonObject
}

/** An annotation file: what it says of its photo. */
export interface VocAnnotation {
  /** Null where the file gives none. */
  readonly given: Size | null
  /** Everything but the objects. */
  readonly fields: JsonObject
  readonly records: readonly VocRecord[]
}

/** Room for some ten thousand objects. */
const maxBytes = 1 << 22

/**
 * Reads an annotation file (`.xml`). Never throws for what it holds; AppError 'aborted'.
 * @returns it, or why it cannot be used
 */
export async function readAnnotation(
  folder: string,
  file: string,
  signal: AbortSignal,
): Promise<VocAnnotation | string> {
  let path = file
  try {
    path = await resolveInside(folder, file)
    const { size } = await regularFile(path)
    if (size > maxBytes) return `${file} has ${size} bytes; at most ${maxBytes} are read`
    const elements: XmlElement[] = []
    for await (const each of readElements(path, signal)) elements.push(each)
    const [root, ...children] = elements
    return root!.name === 'annotation'
      ? annotationOf(element(root!.name, root!.attributes, { children }))
      : `${file} is no annotation of Pascal VOC: it is a <${root!.name}>`
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'aborted') throw error
    return error.message.replace(path, file).replace(/\.$/, '')
  }
}

function annotationOf(root: XmlElement): VocAnnotation {
  const size = childOf(root, 'size')
  const [width, height] = ['width', 'height'].map((side) => numberOf(size && textOf(size, side))) as [number, number]
  const isGiven = [width, height].every((side) => Number.isSafeInteger(side) && side > 0)
  const objects = root.children.filter(({ name }) => name === 'object')
  return {
    given: isGiven ? [width, height] : null,
    fields: fieldsOf(root, ['object']),
    records: objects.map((object, index) => {
      const fields = fieldsOf(object)
      return { index, name: textOf(object, 'name'), box: boxOfFields(fields['bndbox']), fields }
    }),
  }
}

const sides = ['xmin', 'ymin', 'xmax', 'ymax'] as const

/** VOC numbers pixels from 1, and its boxes end with the last pixel that is theirs. Null where it cannot be a box. */
export function boxOfFields(bndbox: unknown): Box | null {
  if (!isObject(bndbox)) return null
  const [x0, y0, x1, y1] = sides.map((side) => numberOf(bndbox[side])) as [number, number, number, number]
  const isBox = [x0, y0, x1, y1].every(Number.isFinite) && x1 >= x0 && y1 >= y0
  return isBox ? [x0 - 1, y0 - 1, x1 - x0 + 1, y1 - y0 + 1] : null
}

function numberOf(text: unknown): number {
  return typeof text === 'string' && text.trim() !== '' ? Number(text) : NaN
}

/** A box as the four texts of a `bndbox`. */
export function bndboxOf([x, y, width, height]: Box): JsonObject {
  return { xmin: String(x + 1), ymin: String(y + 1), xmax: String(x + width), ymax: String(y + height) }
}

import { AppError } from '#common/contract/errors.ts'
import { masksByValue } from '#common/mask/masks-by-value.ts'
import { rleArea, rleBbox, type Rle } from '#common/mask/rle.ts'
import type { PlacelessDefect, Size } from '../defects.ts'
import { maxObjectsOfPicture, readPicture } from '../read-picture.ts'
import type { ObjectDefect, ObjectsReading, PhotoObject } from '../photo-masks.ts'
import { readAnnotation, type VocRecord } from './annotation.ts'
import { className, classesOfObjects, isObject, vocPixels, type VocPixels } from './class-pixels.ts'
import { voidIndex } from './colours.ts'
import type { LabelMap } from './label-map.ts'
import { matchRecords } from './match.ts'

/** The files of a photo, relative to the dataset's folder; null: there is none. */
export interface VocFiles {
  readonly objectPng: string | null
  readonly classPng: string | null
  readonly xml: string | null
}

/** What the pixels of a photo say: masks with their classes. */
interface Drawing {
  readonly masks: readonly { readonly index: number; readonly rle: Rle; readonly category: string | null }[]
  /** Whether each mask is one object, or all that the photo has of a class. */
  readonly areObjects: boolean
  readonly defects: readonly ObjectDefect[]
}

/** Where the labels and pictures of a dataset are. */
interface VocDataset {
  readonly root: string
  readonly labelMap: LabelMap | null
  readonly signal: AbortSignal
}

/**
 * Reads the masks of a photo: the objects of its picture in SegmentationObject with the class that SegmentationClass
 * gives their pixels, else the name that their record has; without a picture of objects one mask a class. Records without a mask
 * are defects. Never throws for what a file holds.
 * @param photo its size; null where it was not looked at yet
 */
export async function readObjects(files: VocFiles, dataset: VocDataset, photo: Size | null): Promise<ObjectsReading> {
  const { records, defects } = await recordsOf(files, dataset)
  const drawing = await draw(files, dataset, photo)
  const all = [...defects, ...drawing.defects]
  return drawing.areObjects ? objectsOf(drawing, records, all) : classMasks(drawing, records, all)
}

async function recordsOf(
  { xml }: VocFiles,
  { root, signal }: VocDataset,
): Promise<{ readonly records: readonly VocRecord[]; readonly defects: readonly ObjectDefect[] }> {
  const annotation = xml === null ? null : await readAnnotation(root, xml, signal)
  if (annotation === null) return { records: [], defects: [] }
  if (typeof annotation !== 'string') return { records: annotation.records, defects: [] }
  return { records: [], defects: [{ place: null, defect: invalid(annotation) }] }
}

function objectsOf(
  { masks }: Drawing,
  records: readonly VocRecord[],
  defects: readonly ObjectDefect[],
): ObjectsReading {
  const more: ObjectDefect[] = []
  const drawn = masks.map(({ rle, category }) => ({ box: rleBbox(rle), category }))
  const matches = matchRecords(drawn, records)
  const objects = masks.map(({ index, rle, category: own }, i): PhotoObject => {
    const record = matches[i] ?? null
    const category = own ?? (record === null || record.name === '' ? null : record.name)
    const place = { index }
    if (category === null) more.push({ place, defect: { kind: 'category-unknown', action: 'kept', categoryId: null } })
    return { place, category, rle, source: record === null ? null : { object: record.fields } }
  })
  const matched = new Set(matches)
  const others = records.filter((record) => !matched.has(record))
  return { objects, defects: [...defects, ...more, ...others.map(withoutMask)] }
}

/** Masks that stand for all objects of a class have no record of their own. */
function classMasks(
  { masks }: Drawing,
  records: readonly VocRecord[],
  defects: readonly ObjectDefect[],
): ObjectsReading {
  const objects = masks.map(({ index, rle, category }): PhotoObject => {
    return { place: { index }, category, rle, source: null }
  })
  const nameless = objects
    .filter(({ category }) => category === null)
    .map(({ place }) => ({ place, defect: { kind: 'category-unknown', action: 'kept', categoryId: null } }) as const)
  const names = new Set(masks.map(({ category }) => category))
  const others = records.filter(({ name }) => !names.has(name))
  return { objects, defects: [...defects, ...nameless, ...others.map(withoutMask)] }
}

function withoutMask({ index }: VocRecord): ObjectDefect {
  return { place: { index }, defect: { kind: 'no-segmentation', action: 'refused' } }
}

async function draw(files: VocFiles, dataset: VocDataset, photo: Size | null): Promise<Drawing> {
  const { objectPng, classPng } = files
  const [objects, classes] = [await picture(objectPng, dataset, photo), await picture(classPng, dataset, photo)]
  const defects = [...objects.defects, ...classes.defects]
  const nameOf = (value: number): string | null =>
    classes.pixels === null ? null : className(value, classes.pixels, dataset.labelMap)
  const areObjects = objectPng !== null || classPng === null
  const drawn = areObjects ? objects.pixels : classes.pixels
  const masks = drawn === null ? [] : masksOf(drawn)
  if (drawn === null || typeof masks === 'string') {
    const problem = typeof masks === 'string' ? [{ place: null, defect: invalid(masks) }] : []
    return { masks: [], areObjects, defects: [...defects, ...problem] }
  }
  defects.push(...voidPixels(drawn))
  if (!areObjects)
    return { masks: masks.map((mask, i) => ({ ...mask, index: i, category: nameOf(mask.value) })), areObjects, defects }
  const isSameSize = classes.pixels?.width === drawn.width && classes.pixels.height === drawn.height
  const classesOf = isSameSize ? classesOfObjects(drawn, classes.pixels) : new Map<number, readonly number[]>()
  const named = masks.map(({ value, rle }, index) => {
    const names = [...new Set((classesOf.get(value) ?? []).map(nameOf))].filter((name) => name !== null)
    if (names.length > 1) {
      defects.push({
        place: { index },
        defect: { kind: 'category-mixed', action: 'repaired', names: names.slice(0, 5) },
      })
    }
    return { index, rle, category: names[0] ?? null }
  })
  return { masks: named, areObjects, defects }
}

async function picture(
  file: string | null,
  { root }: VocDataset,
  photo: Size | null,
): Promise<{ readonly pixels: VocPixels | null; readonly defects: readonly ObjectDefect[] }> {
  const reading = file === null ? null : await readPicture(root, file, photo)
  if (reading === null) return { pixels: null, defects: [] }
  if ('pixels' in reading) return { pixels: vocPixels(reading.pixels), defects: [] }
  return { pixels: null, defects: [{ place: { index: 0, id: file! }, defect: reading.defect }] }
}

/** A mask a number, or why there are none. */
function masksOf(pixels: VocPixels): readonly { readonly value: number; readonly rle: Rle }[] | string {
  try {
    return [...masksByValue(pixels, isObject, maxObjectsOfPicture)].map(([value, rle]) => ({ value, rle }))
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

function voidPixels(pixels: VocPixels): ObjectDefect[] {
  const mask = masksByValue(pixels, (value) => value === voidIndex).get(voidIndex)
  if (mask === undefined) return []
  return [{ place: null, defect: { kind: 'void-pixels', action: 'repaired', pixels: rleArea(mask) } }]
}

const invalid = (reason: string): PlacelessDefect => ({ kind: 'record-invalid', action: 'refused', reason })

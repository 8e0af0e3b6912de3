import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { decodeRle, encodeRle, type Rle } from '#common/mask/rle.ts'
import type {
  DatasetContext,
  ExportedImage,
  ExportedInstance,
  ImportedImage,
  ImportedInstance,
  ImportEvent,
  LabelNote,
} from '#main/datasets/dataset.ts'
import type { Defect } from '#main/datasets/defects.ts'

/** A context that nobody cancels or watches. */
export function quietContext(signal = new AbortController().signal): DatasetContext {
  return { signal, onProgress: () => undefined }
}

export interface Collected {
  readonly images: ImportedImage[]
  readonly instances: ImportedInstance[]
  readonly defects: Defect[]
  readonly notes: LabelNote[]
}

/** All events of a reading, by kind. Fails if an instance comes before its image. */
export async function collect(events: AsyncIterable<ImportEvent>): Promise<Collected> {
  const all: Collected = { images: [], instances: [], defects: [], notes: [] }
  const files = new Set<string>()
  for await (const event of events) {
    if (event.kind === 'image') {
      all.images.push(event.image)
      files.add(event.image.file)
    } else if (event.kind === 'instance') {
      if (!files.has(event.instance.file)) throw new Error(`${event.instance.file} has a mask before its image`)
      all.instances.push(event.instance)
    } else if (event.kind === 'defect') all.defects.push(event.defect)
    else all.notes.push(event.note)
  }
  return all
}

/** Counts of defects by kind and action: `{ 'bbox-mismatch repaired': 3 }`. */
export function defectCounts(defects: readonly Defect[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind, action } of defects) counts[`${kind} ${action}`] = (counts[`${kind} ${action}`] ?? 0) + 1
  return counts
}

/** Writes a PNG of one grey. */
export async function writePhoto(folder: string, file: string, width: number, height: number): Promise<void> {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  const background = { r: 120, g: 120, b: 120 }
  writeFileSync(
    path,
    await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  )
}

/** Writes a value as JSON and gives its path. */
export function writeJson(folder: string, file: string, value: unknown): string {
  const path = join(folder, file)
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

/** What came in, as it would go out again unedited. */
export function toExport({ images, instances }: Pick<Collected, 'images' | 'instances'>): ExportedImage[] {
  const byFile = Map.groupBy(instances, ({ file }) => file)
  return images.map(({ file, width, height, source }) => ({
    file,
    width,
    height,
    source,
    instances: (byFile.get(file) ?? []).map(({ category, categorySourceId, score, isCrowd, rle, source: own }) => {
      return { category, categorySourceId, score, isCrowd, rle, source: own, edited: false }
    }),
  }))
}

/** A mask with these pixels, numbered row by row. */
export const rleOf = (width: number, height: number, pixels: readonly number[]): Rle => {
  const data = new Uint8Array(width * height)
  for (const pixel of pixels) data[pixel] = 1
  return encodeRle({ width, height, data })
}

/** A cat of four pixels, as an export takes it. */
export const exportedInstance = (changes: Partial<ExportedInstance> = {}): ExportedInstance => ({
  category: 'cat',
  categorySourceId: null,
  score: null,
  isCrowd: false,
  rle: rleOf(8, 6, [10, 11, 18, 19]),
  source: null,
  edited: false,
  ...changes,
})

/** A photo of 8×6 pixels with one cat, as an export takes it. */
export const exportedImage = (changes: Partial<ExportedImage> = {}): ExportedImage => ({
  file: 'a.png',
  width: 8,
  height: 6,
  source: null,
  instances: [exportedInstance()],
  ...changes,
})

/** Rows of a mask, # for its pixels. */
export function drawn(rle: Rle): string[] {
  const { width, height, data } = decodeRle(rle)
  return Array.from({ length: height }, (_, y) =>
    [...data.subarray(y * width, (y + 1) * width)].map((value) => (value === 1 ? '#' : '.')).join(''),
  )
}

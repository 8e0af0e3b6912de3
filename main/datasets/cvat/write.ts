import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { type DatasetContext, type ExportedImage, type ImportEvent, type JsonObject } from '../dataset.ts'
import { isObject } from '../json/objects.ts'
import type { StagedFiles } from '../staged-files.ts'
import { TextFile } from '../text-file.ts'
import { stagedWriter, type StagedDataset } from '../write-staged.ts'
import { WrittenMasks } from '../written-masks.ts'
import { element, formatElement, isXmlElement, isXmlName, type XmlElement } from '../xml/elements.ts'
import { placesOf } from './catalogue.ts'
import { isKept } from './objects.ts'
import { readCvat } from './read.ts'
import { labelOf, writtenShapes } from './written-shapes.ts'

const fileName = 'annotations.xml'

/** What of an image is written anew, or is no attribute of it. */
const ownFields = ['id', 'name', 'width', 'height', 'cvat']

/** Writes `annotations.xml`: images with their shapes and masks, and the labels that they have. */
export const writeCvat = stagedWriter('Nothing was written. Choose a folder without annotations.xml.', (files) =>
  Draft.create(files),
)

/** The images wait in a file of their own, since the labels, which come before them, are known when all came by. */
class Draft implements StagedDataset {
  readonly #path: string
  readonly written = new WrittenMasks()
  readonly file = fileName
  readonly #spool: TextFile
  readonly #labels = new Map<string, XmlElement>()
  readonly #ids = new Set<string>()
  #nextId = 0

  /** @throws AppError 'file.exists', 'file.unwritable' */
  static async create(files: StagedFiles): Promise<Draft> {
    return new Draft(await files.add(fileName), await TextFile.create(join(files.folder, 'images')))
  }

  private constructor(path: string, spool: TextFile) {
    this.#path = path
    this.#spool = spool
  }

  dispose(): Promise<void> {
    return this.#spool.dispose()
  }

  /** @throws AppError 'shape.mismatch', 'file.unwritable' */
  async add(image: ExportedImage): Promise<void> {
    const { source } = image
    const cvat = isObject(source?.['cvat']) ? source['cvat'] : null
    const masks = this.written.addImage(image)
    for (const label of elementsIn(cvat, 'labels')) this.#noteLabel(label)
    const taken = new Set<string>()
    const children: XmlElement[] = []
    for (const instance of masks) {
      const { rle, score, isCrowd } = instance
      const category = labelOf(instance)
      this.#noteLabel(element('label', {}, { children: [element('name', {}, { text: category })] }))
      children.push(...writtenShapes(instance, taken))
      this.written.expected.addMask({ category, score, isCrowd, rle })
    }
    children.push(...elementsIn(cvat, 'elements').filter(isKept))
    const attributes = this.#attributesOf(image, cvat === null ? {} : source!)
    await this.#spool.write(formatElement(element('image', attributes, { children }), '  '))
  }

  /** The first definition of a label counts. */
  #noteLabel(label: XmlElement): void {
    const name = label.children.find((child) => child.name === 'name')?.text
    if (name !== undefined && !this.#labels.has(name)) this.#labels.set(name, label)
  }

  #attributesOf({ file, width, height, source }: ExportedImage, own: JsonObject): Record<string, string> {
    const others = Object.entries(own).filter(
      (entry): entry is [string, string] =>
        !ownFields.includes(entry[0]) && isXmlName(entry[0]) && typeof entry[1] === 'string',
    )
    const attributes = Object.fromEntries(others)
    const { subset = '' } = attributes
    // as it came, where that leads to the same photo
    const { name } = own
    const isSame = typeof name === 'string' && placesOf(name, subset)[0] === file
    const id = this.#idFor(source?.['id'], subset)
    return { id, name: isSame ? name : file, ...attributes, width: String(width), height: String(height) }
  }

  /** The number that it came with if no other image of its subset has it, else a new one. */
  #idFor(given: unknown, subset: string): string {
    let id = Number.isSafeInteger(given) && Number(given) >= 0 ? String(given) : null
    while (id === null || this.#ids.has(JSON.stringify([subset, id]))) id = String(this.#nextId++)
    this.#ids.add(JSON.stringify([subset, id]))
    return id
  }

  /** @throws AppError 'file.unwritable' */
  async addLists(): Promise<void> {
    await this.#spool.finish()
    const file = await TextFile.create(this.#path)
    try {
      const text = (name: string, value: string) => element(name, {}, { text: value })
      const labels = element('labels', {}, { children: [...this.#labels.values()] })
      const task = [text('size', String(this.written.expected.nImages)), text('mode', 'annotation'), labels]
      const meta = element('meta', {}, { children: [element('task', {}, { children: task })] })
      await file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n')
      await file.write(formatElement(text('version', '1.1'), '  ') + formatElement(meta, '  '))
      for await (const chunk of createReadStream(this.#spool.path, 'utf8')) await file.write(chunk as string)
      await file.write('</annotations>\n')
      await file.finish()
    } finally {
      await file.dispose()
    }
  }

  /** Reads what was written as an import would, and compares it mask by mask. @throws AppError 'export.differs' */
  async compare(context: DatasetContext): Promise<void> {
    // any rule that needs no further pass over the file
    const request = { imagesDir: '.', annotations: this.#path, labels: { kind: 'filename' } } as const
    const lists = { photos: this.written.photos, look: this.written.expected.look() }
    // boxes that came in without a mask are written again, and have none now either
    const isBox = (event: ImportEvent): boolean => event.kind === 'defect' && event.defect.kind === 'no-segmentation'
    const read = (own: DatasetContext) => readCvat(request, own, { lists, keepsDuplicates: true })
    await this.written.expected.compare(read, context, isBox)
  }
}

function elementsIn(cvat: JsonObject | null, key: 'elements' | 'labels'): readonly XmlElement[] {
  const elements = cvat?.[key]
  return Array.isArray(elements) ? elements.filter(isXmlElement) : []
}

import { formatPalettePng } from '#main/files/index-png.ts'
import { namelessCategory, type DatasetContext, type ExportedImage } from '../dataset.ts'
import { WrittenNames } from '../photo-names.ts'
import type { StagedFiles } from '../staged-files.ts'
import { stagedWriter, type StagedDataset } from '../write-staged.ts'
import { WrittenMasks } from '../written-masks.ts'
import { xmlText } from '../xml/elements.ts'
import { nameOf, vocFolders, type VocNames } from './catalogue.ts'
import { maxObjects, vocClasses, vocPalette } from './colours.ts'
import { formatLabelMap } from './label-map.ts'
import { paint } from './paint.ts'
import { readVoc } from './read.ts'
import { annotationXml } from './written-annotation.ts'

/**
 * Writes the folders of Pascal VOC, photos apart: pictures of objects and of classes, an annotation file a photo, the list
 * of photos and that of classes. Nothing that is there is replaced.
 */
export const writeVoc = stagedWriter(
  'Nothing was written. Choose another folder, or an empty one.',
  (files) => new WrittenVoc(files),
)

class WrittenVoc implements StagedDataset {
  readonly written = new WrittenMasks()
  readonly #files: StagedFiles
  readonly #names = new WrittenNames()
  readonly #paths = {
    objectPng: new Map<string, string>(),
    classPng: new Map<string, string>(),
    xml: new Map<string, string>(),
  }
  /** Places of classes in the palette; VOC's own have VOC's. */
  readonly #classes = new Map<string, number>()

  constructor(files: StagedFiles) {
    this.#files = files
  }

  /** @throws AppError 'file.exists', 'shape.mismatch', 'file.unwritable' */
  async add(image: ExportedImage): Promise<void> {
    const { file } = image
    const name = this.#names.give(nameOf(file))
    const painting = paint(image, this.written.addImage(image))
    this.written.losses.add('overlapping pixels given to the later object', painting.nOverlapping)
    this.written.losses.add('masks wholly covered by later ones', painting.nCovered)
    this.written.losses.add(`masks beyond the ${maxObjects} that a photo can have`, painting.nTooMany)
    const objects = painting.objects.map(({ instance, rle }) => {
      const written = writtenName(instance.category)
      if (instance.category !== null && written !== instance.category) this.written.losses.add('category names changed')
      this.written.losses.addScoreAndCrowd(instance)
      this.written.expected.addMask({ category: written, score: null, isCrowd: false, rle })
      return { instance, rle, name: written }
    })
    if (objects.length > 0)
      await this.#addPictures(
        name,
        image,
        painting.data,
        objects.map(({ name: each }) => each),
      )
    await this.#addFile('xml', name, annotationXml(image, objects))
  }

  async #addPictures(
    name: string,
    { width, height }: ExportedImage,
    objects: Uint8Array,
    classes: readonly string[],
  ): Promise<void> {
    const places = Uint8Array.of(0, ...classes.map((each) => this.#placeOf(each)))
    const pictures = [
      ['objectPng', objects],
      ['classPng', objects.map((number) => places[number]!)],
    ] as const
    for (const [part, data] of pictures) {
      await this.#addFile(part, name, await formatPalettePng({ width, height, data }, vocPalette))
    }
  }

  async #addFile(part: keyof VocNames, name: string, content: Uint8Array | string): Promise<void> {
    const { folder, ending } = vocFolders[part]
    const file = `${folder}/${name}${ending}`
    await this.#files.write(file, content)
    this.#paths[part].set(name, file)
  }

  /** Classes beyond those that the palette has room for are background there; their names are in the annotations. */
  #placeOf(name: string): number {
    const known = this.#classes.get(name)
    if (known !== undefined) return known
    const own = vocClasses.indexOf(name, 1)
    const next = vocClasses.length + [...this.#classes.values()].filter((place) => place >= vocClasses.length).length
    if (own < 0 && next > maxObjects) return 0
    const place = own > 0 ? own : next
    this.#classes.set(name, place)
    return place
  }

  async addLists(): Promise<void> {
    const classes = [...this.#classes].sort(([, a], [, b]) => a - b)
    await this.#files.write('labelmap.txt', formatLabelMap(classes))
    const names = [...this.#paths.xml.keys()].map((name) => `${name}\n`)
    await this.#files.write('ImageSets/Segmentation/default.txt', names.join(''))
  }

  /** Reads what was written as an import would, and compares it mask by mask. @throws AppError 'export.differs' */
  async compare(context: DatasetContext): Promise<void> {
    // any rule that needs no further pass over the files
    const request = { imagesDir: '', annotations: this.#files.folder, labels: { kind: 'filename' } } as const
    const lists = { photos: this.written.photos, names: this.#paths, look: this.written.expected.look() }
    await this.written.expected.compare((own) => readVoc(request, own, { lists }), context)
  }
}

/** What a category is called in files of one line a class. */
function writtenName(category: string | null): string {
  const name = xmlText((category ?? '').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')).trim()
  return name === '' ? namelessCategory : name
}

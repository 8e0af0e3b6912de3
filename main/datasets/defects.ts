import type { Box } from '#common/mask/rle.ts'

/** An id as a file gives it. */
export type SourceId = number | string

/** Width, height in pixels. */
export type Size = readonly [number, number]

/** What is known about each kind of defect, beside where it is and what is done; `unknown`: nothing more. */
interface DefectFacts {
  /** The box given is not the mask's: the mask's own box counts. */
  'bbox-mismatch': { readonly given: Box; readonly own: Box }
  /** The area given is not the mask's: the mask's own count of pixels counts. */
  'area-mismatch': { readonly given: number; readonly own: number }
  /** A category with the id 0, which many programs take for the background. */
  'category-zero': { readonly name: string }
  'category-unknown': { readonly categoryId: SourceId | null }
  /** The same category id again, with another name: the first one counts. */
  'duplicate-category': { readonly categoryId: SourceId; readonly name: string; readonly first: string }
  /** A photo that is named but is not there; `isEmbedded`: it is inside the annotation file. */
  'image-missing': { readonly isEmbedded?: true }
  'image-broken': { readonly reason: string }
  /** The size given is not the photo's. */
  'size-mismatch': { readonly given: Size; readonly own: Size }
  /** An outline drawn on a photo of another size. */
  'frame-mismatch': { readonly given: Size; readonly own: Size }
  /** A picture of the photo's mask in another size: the mask is brought to the photo's. */
  'mask-scaled': { readonly given: Size; readonly own: Size }
  /** A run-length code of another size than the photo. */
  'rle-size': { readonly given: Size; readonly own: Size }
  'rle-counts': { readonly reason: string }
  'polygon-invalid': { readonly reason: string }
  /** An outline that leaves the photo: how far, in pixels. */
  'outside-photo': { readonly pixels: number }
  /** A mask without a pixel. */
  'mask-empty': unknown
  'image-id-unknown': { readonly imageId: SourceId | null }
  /** A mask whose photo was left out; that one has its own defect. */
  'image-left-out': unknown
  /** A second record of a photo, by its id or by its file. */
  'duplicate-image': { readonly by: 'id' | 'file'; readonly value: SourceId }
  /** The same mask again (refused), or another mask with an id that was used before (kept). */
  'duplicate-annotation': { readonly by: 'id' | 'mask' }
  /** A file name that leads out of the folder of photos; it is never opened. */
  'path-outside': unknown
  /** A photo for which the label rule gives no label. */
  'label-missing': unknown
  /** A box without a mask (refused), or a photo without one where others of its class have one (kept). */
  'no-segmentation': unknown
  /** A shape that marks a place but encloses nothing, such as a point or a line. */
  'no-area': { readonly shape: string }
  /** Pixels that are marked as belonging to nothing for certain, such as borders: how many of a photo. */
  'void-pixels': { readonly pixels: number }
  /** A mask whose pixels have several categories: the commonest counts. */
  'category-mixed': { readonly names: readonly string[] }
  /** A record that lacks what it needs. */
  'record-invalid': { readonly reason: string }
  /** An explanation map that no image of the project has the name of. */
  'map-unmatched': unknown
  /** An explanation map whose name several images have; the first few of them. */
  'map-ambiguous': { readonly images: readonly string[] }
  /** A second explanation map of an image. */
  'map-doubled': { readonly image: string; readonly first: string }
  /** A file that is no usable explanation map. */
  'map-broken': { readonly reason: string }
  /** A mask of the image stops the map from being scored. */
  'map-unscorable': { readonly reason: string }
  /** The project has another map of the image under these names. */
  'map-differs': { readonly image: string }
  /** Nothing says what the classifier answered for the image. */
  'answer-missing': { readonly image: string; readonly from: 'project' | 'file' }
  /** The project has another answer of the classifier for the image. */
  'answer-differs': { readonly image: string; readonly known: string; readonly given: string }
}

/** A record of an annotation file: its place in its list, from 0, and its id where it has one. */
export interface RecordPlace {
  readonly type: 'image' | 'annotation' | 'category' | 'result'
  readonly index: number
  readonly id?: SourceId
}

/** Where a defect is: a photo, a record, or both. */
export interface DefectPlace {
  /** Relative to the folder of photos, `/` between folders; or what the record says, where that is no usable name. */
  readonly file?: string
  readonly record?: RecordPlace
}

/** The kinds of defects that an import can meet. */
type DefectKind = keyof DefectFacts

/**
 * One thing in a dataset that is not as it should be, with the facts from which it can be worded.
 * `action` says what was done: `repaired` (came in, with a value of our own), `kept` (came in as it is) or `refused`
 * (did not come in).
 */
export type Defect = {
  [Kind in DefectKind]: {
    readonly kind: Kind
    readonly place: DefectPlace
    readonly action: 'repaired' | 'refused' | 'kept'
  } & DefectFacts[Kind]
}[DefectKind]

/** A defect before its place is known. */
export type PlacelessDefect = Defect extends infer Each ? (Each extends Defect ? Omit<Each, 'place'> : never) : never

/** All defects of one kind and action: how many, and the first few. */
export interface DefectSummary {
  readonly kind: DefectKind
  readonly action: Defect['action']
  readonly count: number
  readonly examples: readonly Defect[]
}

const maxExamples = 5

/** Counts defects by kind and action and keeps the first five of each: memory stays flat however many there are. */
export class DefectTally {
  readonly #groups = new Map<string, { count: number; examples: Defect[] }>()

  add(defect: Defect): void {
    const key = `${defect.kind} ${defect.action}`
    const group = this.#groups.get(key) ?? { count: 0, examples: [] }
    this.#groups.set(key, group)
    group.count++
    if (group.examples.length < maxExamples) group.examples.push(defect)
  }

  /** The groups, largest first; equal ones in the order of their first defect. */
  summary(): DefectSummary[] {
    return [...this.#groups.values()]
      .map(({ count, examples }) => ({
        kind: examples[0]!.kind,
        action: examples[0]!.action,
        count,
        examples: [...examples],
      }))
      .sort((a, b) => b.count - a.count)
  }
}

import type { LabelRule, Split } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import type { Rle } from '#common/mask/rle.ts'
import type { Defect, SourceId } from './defects.ts'
import type { Found, Listing } from './listing.ts'

/** Plain JSON as an annotation file holds it. */
export type JsonObject = Readonly<Record<string, unknown>>

/** What to read: the folder of photos, and what the format needs beside it. */
export interface ImportRequest {
  readonly imagesDir: string
  readonly annotations?: string
  readonly predictions?: string
  /** Where an image's label comes from; left out, it is guessed and the guess is told in a note. */
  readonly labels?: LabelRule
}

/** How far a reading or writing is. */
interface Progress {
  readonly step: 'index' | 'images' | 'instances' | 'compare'
  readonly done: number
  /** Null where it is not known before the end. */
  readonly total: number | null
}

/** What a reading or writing is given beside its request. */
export interface DatasetContext {
  readonly signal: AbortSignal
  /** Called as often as there is something to tell; whoever shows it throttles. */
  readonly onProgress: (progress: Progress) => void
}

/** A photo that was found, and could be read. */
export interface ImportedImage {
  /** Relative to `imagesDir`, `/` between folders. */
  readonly file: string
  /** Of the photo itself, pixels. */
  readonly width: number
  readonly height: number
  readonly sizeBytes: number
  readonly sha256: string
  readonly label: string | null
  readonly split: Split | null
  /** The record's own id and the fields that this program does not know, for writing them again. */
  readonly source: JsonObject | null
}

/** The mask of one object; its image came before. */
export interface ImportedInstance {
  readonly file: string
  /** The category's name, null where the file gives none. */
  readonly category: string | null
  readonly categorySourceId: number | null
  /** A detector's confidence, null for masks that people drew. */
  readonly score: number | null
  readonly isCrowd: boolean
  /** Of the photo's size, at least one pixel. */
  readonly rle: Rle
  /** The record as it came (outlines included, run-length codes not), for writing it again without loss. */
  readonly source: JsonObject | null
}

/** Why images have the labels that they have. */
export interface LabelNote {
  readonly kind: 'label-rule'
  /** Null: no label. */
  readonly rule: LabelRule | null
  readonly isGuess: boolean
  /** How many different labels it gives, and the first few of them in the order of the images. */
  readonly nLabels: number
  readonly labels: readonly string[]
}

/** One step of a reading. Images come before their instances. */
export type ImportEvent =
  | { readonly kind: 'image'; readonly image: ImportedImage }
  | { readonly kind: 'instance'; readonly instance: ImportedInstance }
  | { readonly kind: 'defect'; readonly defect: Defect }
  | { readonly kind: 'note'; readonly note: LabelNote }

/** An image with its masks, to be written. */
export interface ExportedImage {
  readonly file: string
  readonly width: number
  readonly height: number
  /** The id that it had in the file it came from; left out, the one in `source`, else a new one. */
  readonly imageSourceId?: SourceId
  readonly source: JsonObject | null
  readonly instances: readonly ExportedInstance[]
}

/** A mask to be written. */
export interface ExportedInstance {
  readonly category: string | null
  readonly categorySourceId: number | null
  readonly score: number | null
  readonly isCrowd: boolean
  /** Of the image's size. */
  readonly rle: Rle
  readonly source: JsonObject | null
  /** True where the mask is no longer the one that came in: its outlines are not written again. */
  readonly edited: boolean
  readonly sourceId?: SourceId
}

/** What masks without a category are called where the format needs a name. */
export const namelessCategory = 'object'

/** Where to write. */
export interface ExportRequest {
  /** A folder; made if it is not there. */
  readonly outDir: string
}

/** What was written. */
export interface ExportSummary {
  /** Absolute paths; the folder alone where there is a file a photo. */
  readonly files: readonly string[]
  readonly images: number
  readonly instances: number
  /** Masks without a pixel: no format can hold them. */
  readonly emptyMasks: number
  /** What the format could not hold: a plural noun phrase such as “scores left out”, and how many. */
  readonly losses: readonly Loss[]
}

/** Something that a format could not hold. */
export interface Loss {
  readonly what: string
  readonly n: number
}

/** Reads a dataset. A dry run is the same reading with the events counted instead of stored. */
type ReadDataset = (request: ImportRequest, context: DatasetContext) => AsyncGenerator<ImportEvent>

/**
 * Writes a dataset, reads it back and compares it mask by mask.
 * @throws AppError 'export.differs' naming the first difference; nothing is left behind then
 */
export type WriteDataset = (
  request: ExportRequest,
  images: AsyncIterable<ExportedImage> | Iterable<ExportedImage>,
  context: DatasetContext,
) => Promise<ExportSummary>

/** A format of datasets: one file beside this one, and one line in the registry. */
export interface DatasetFormat {
  /** What the command line and the contract call it. */
  readonly id: string
  readonly label: string
  /** One sentence: what it looks like on the disk. */
  readonly description: string
  /** The files that reading needs beside the folder of photos. */
  readonly needs: readonly ('annotations' | 'predictions')[]
  readonly read?: ReadDataset
  readonly write?: WriteDataset
  /** What of a folder it would read; null where the folder does not look like it. */
  readonly recognise?: (folder: Listing) => Found | null | Promise<Found | null>
}

/** @throws AppError 'aborted' */
export function checkAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('aborted', 'the work was cancelled')
}

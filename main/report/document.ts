import type { ClassMatching } from '#common/contract/procedures/classes.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import type { ModelCard } from '#common/contract/procedures/models.ts'
import type { ReportSummaryLine } from '#common/contract/procedures/reporting.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import type { EncodedNativeMap } from '#common/explanation/native-map.ts'
import type { ObalexAverage } from '#common/score/average.ts'
import type { Interval } from '#common/statistics/bootstrap.ts'
import type { Rle } from '#common/mask/rle.ts'

/** Raised when a field changes its meaning or goes; new fields leave it. */
export const reportSchemaVersion = 1

/**
 * Everything a report says, as plain data: numbers unrounded, null where undefined, times ISO 8601 in UTC. A format
 * writes it down and adds nothing of its own but words. Names of images and files are those below the imported folder:
 * where things lie on the machine is not in it, but for `Evidence`, which no format writes out.
 */
export interface ReportDocument {
  readonly schemaVersion: typeof reportSchemaVersion
  readonly createdAt: string
  /** program and version */
  readonly createdBy: string
  /** in plain words, from the numbers below */
  readonly summary: readonly ReportSummaryLine[]
  readonly project: ReportProject
  readonly data: ReportData
  readonly statistics: ReportStatistics
  readonly classifiers: readonly ReportClassifier[]
  readonly methods: readonly ReportMethod[]
  readonly results: readonly ReportResult[]
  readonly comparisons: readonly ReportComparison[]
}

export interface ReportProject {
  readonly name: string
  readonly id: string
  readonly createdAt: string
  readonly createdBy: string
  /** the end of the audit log at the state that the report shows */
  readonly auditLog: { readonly entries: number; readonly headHash: string }
}

export interface ReportData {
  readonly nImages: number
  readonly labels: readonly { readonly label: string | null; readonly nImages: number }[]
  readonly masks: {
    readonly nInstances: number
    /** outlines, the first of each instance included */
    readonly nRevisions: number
    /** which instances make up the object mask, one sentence */
    readonly rule: string
    readonly categories: ClassMatching['objects']['categories']
  }
  readonly runs: readonly ReportRun[]
  /** images that a run could not do, the first of each run; `runs` has the numbers */
  readonly failures: readonly ReportFailure[]
}

export interface ReportRun {
  readonly job: number
  readonly state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted'
  readonly startedAt: string
  readonly finishedAt: string | null
  /** images times classifiers */
  readonly done: number
  readonly total: number | null
  readonly failed: number
}

export interface ReportFailure {
  readonly job: number
  readonly image: string | null
  readonly code: string
  readonly message: string
}

/** How the intervals were computed. */
interface ReportStatistics {
  readonly level: number
  readonly averages: { readonly method: 'percentile bootstrap'; readonly resamples: number; readonly seed: number }
  readonly accuracy: { readonly method: 'Wilson' }
}

export interface ReportClassifier {
  /** told apart from others of the same name */
  readonly name: string
  /** the file and the folder it lies in; null: only maps of it came in, made elsewhere */
  readonly file: string | null
  readonly sha256: string | null
  readonly card: Omit<ModelCard, 'labels'>
  readonly nClasses: number
  readonly matching: ClassMatching['models'][number]
  /** what computed its scored predictions and explanations */
  readonly runtimes: {
    readonly predictions: readonly string[]
    readonly explanations: readonly string[]
  }
  /** over the images that have a score of any method */
  readonly nImages: number
  readonly nMisclassified: number
  /** images whose answer is not known and is taken as right: in AvgObAlEx, not in accuracy */
  readonly nAssumed: number
  /** the most confident errors first */
  readonly misclassified: readonly ReportExample[]
}

export interface ReportMethod {
  readonly id: string
  readonly label: string
  readonly description: string | null
  readonly options: readonly { readonly name: string; readonly description: string }[]
}

/** What two results must share to be compared. */
export interface ReportSetting {
  /** the id of a method */
  readonly method: string
  readonly variant: Variant
  readonly options: Readonly<Record<string, unknown>>
  readonly maskVariant: Variant
}

/** One line of the score table: a classifier and a method. */
export interface ReportResult extends ReportSetting, ReportAverage {
  /** position in `classifiers` */
  readonly classifier: number
  readonly byClass: readonly (ReportAverage & { readonly label: string | null })[]
  /** images in the average by their score, `counts.length` bins of equal width over 0…1, the last one closed */
  readonly histogram: { readonly counts: readonly number[] }
  /** of the images in the average: the highest scores first, and the lowest first; never the same image in both */
  readonly best: readonly ReportExample[]
  readonly worst: readonly ReportExample[]
}

export interface ReportAverage extends ObalexAverage {
  readonly nImages: number
  /** images whose answer is known to be right or wrong */
  readonly nAnswered: number
  readonly nCorrect: number
  readonly accuracyInterval: Interval | null
}

/** `apart`: the intervals do not overlap; null: one of them is not there. */
export type IntervalRelation = 'apart' | 'overlapping' | null

/** Two classifiers in the same setting. */
export interface ReportComparison extends ReportSetting {
  /** positions in `results` */
  readonly a: number
  readonly b: number
  readonly accuracy: IntervalRelation
  readonly obalex: IntervalRelation
  /** images that both were scored on */
  readonly nShared: number
  /** whether these are nearly all that either was scored on: else the difference may be the images’ */
  readonly isComparable: boolean
}

/** An image that is shown. */
export interface ReportExample extends Pick<ScoreNumbers, 'obalex' | 'areaShare' | 'lift' | 'reason'> {
  readonly image: string
  readonly label: string | null
  readonly predicted: string
  /** null: not known */
  readonly probability: number | null
  /** the method whose map is shown */
  readonly method: string
  /** whether the object mask is still the one that the score was computed with */
  readonly isMaskInForce: boolean
  readonly evidence: Evidence
}

/** What the picture of an example is drawn from. */
export interface Evidence {
  /** where the photo lies: a folder, and its file below it */
  readonly folder: string
  readonly file: string
  /** of the photo's file as it was explained */
  readonly sha256: string
  readonly card: Pick<ModelCard, 'width' | 'height' | 'fit'>
  readonly map: EncodedNativeMap
  /** the object mask at the photo's size; null: there is none */
  readonly mask: Rle | null
  /** whether a person drew any of it */
  readonly isCorrected: boolean
}

/** One score of one image, with what it is about. */
export interface ReportScore extends ScoreNumbers {
  /** position in `results` */
  readonly result: number
  readonly image: string
  readonly label: string | null
  readonly predicted: string
  /** null: not known */
  readonly probability: number | null
  /** null: the image has no label, or the answer is not known */
  readonly isCorrect: boolean | null
}

/** What a format is given. */
export interface Report {
  readonly document: ReportDocument
  /** Every score, result by result in no particular order, images in the project's. Reads as it goes. */
  readonly scores: () => AsyncIterable<ReportScore>
}

export interface WritingContext {
  readonly signal: AbortSignal
  readonly onProgress: (step: string, done: number, total: number | null) => void
}

/** A kind of report file. */
export interface ReportFormat {
  /** of the file's name, with its dot, small letters */
  readonly ending: string
  /** whether it asks for single scores; else the project is let go before the first byte is written */
  readonly listsScores: boolean
  /** The bytes of the file, part by part; text is UTF-8. */
  write(report: Report, context: WritingContext): AsyncIterable<string | Uint8Array>
}

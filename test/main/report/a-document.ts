import type { Interval } from '#common/statistics/bootstrap.ts'
import { encodeNative } from '#common/explanation/native-map.ts'
import { compareResults } from '#main/report/compare.ts'
import type {
  Report,
  ReportClassifier,
  ReportDocument,
  ReportExample,
  ReportResult,
  ReportScore,
  WritingContext,
} from '#main/report/document.ts'
import { summarise } from '#main/report/summary.ts'

export const writing: WritingContext = { signal: new AbortController().signal, onProgress: () => undefined }

/** A classifier of the name given. */
export function aClassifier(name: string, facts: Partial<ReportClassifier> = {}): ReportClassifier {
  const card = {
    name,
    width: 32,
    height: 24,
    preprocess: 'tf',
    layer: 'last',
    resize: 'nearest',
    fit: 'stretch',
  } as const
  const groups = [{ label: 'cat', classes: [{ index: 0, name: 'tabby' }], reason: null }]
  return {
    name,
    file: `${name}/model.json`,
    sha256: 'a'.repeat(64),
    card,
    nClasses: 2,
    matching: { model: name, origin: 'guess', groups, nUnmatchedClasses: 1, unmatchedLabels: [] },
    runtimes: { predictions: ['onnx'], explanations: ['onnx', 'wasm'] },
    nImages: 100,
    nMisclassified: 10,
    nAssumed: 0,
    misclassified: [],
    ...facts,
  }
}

/** A line of the score table: 90 of 100 images right, AvgObAlEx 0.5. */
export function aResult(classifier: number, facts: Partial<ReportResult> = {}): ReportResult {
  const average = {
    avgObalex: 0.5,
    interval: [0.45, 0.55] as Interval | null,
    n: 90,
    areaShare: 0.25,
    lift: 2,
    pointingGame: 0.75,
    relevanceRank: 0.625,
    topK: 0.6,
    auc: 0.8,
    accuracy: 0.9,
    excluded: { misclassified: 10, noMask: 0, noEvidence: 0, unlabelled: 0 },
    nImages: 100,
    nAnswered: 100,
    nCorrect: 90,
    accuracyInterval: [0.83, 0.94] as Interval | null,
  }
  return {
    classifier,
    method: 'occlusion',
    variant: 'standard',
    options: { patch: 32, stride: 16, fill: 0 },
    maskVariant: 'standard',
    ...average,
    byClass: [{ label: 'cat', ...average }],
    histogram: { counts: Array.from({ length: 20 }, (_, i) => (i === 10 ? 90 : 0)) },
    best: [],
    worst: [],
    ...facts,
  }
}

/** A result without any image in its average. */
export const noAverage = {
  avgObalex: null,
  interval: null,
  n: 0,
  areaShare: null,
  lift: null,
  pointingGame: null,
  relevanceRank: null,
  topK: null,
  auc: null,
  accuracy: 0,
  nAnswered: 100,
  nCorrect: 0,
  excluded: { misclassified: 100, noMask: 0, noEvidence: 0, unlabelled: 0 },
  accuracyInterval: [0, 0.04] as Interval,
  histogram: { counts: Array.from({ length: 20 }, () => 0) },
} as const

/** An example whose photo is nowhere. */
export function anExample(facts: Partial<ReportExample> = {}): ReportExample {
  const map = encodeNative({ kind: 'grid', rows: 1, cols: 1, values: Float64Array.of(1), steps: [{ op: 'bilinear' }] })
  const card = { width: 32, height: 24, fit: 'stretch' } as const
  return {
    image: 'cats/0.jpg',
    label: 'cat',
    predicted: 'tabby',
    probability: 0.75,
    obalex: 0.5,
    areaShare: 0.25,
    lift: 2,
    reason: null,
    method: 'occlusion',
    isMaskInForce: true,
    evidence: {
      folder: '/nowhere',
      file: 'cats/0.jpg',
      sha256: 'b'.repeat(64),
      card,
      map,
      mask: null,
      isCorrected: false,
    },
    ...facts,
  }
}

/** A document with these classifiers and results; comparisons and summary are made of them. */
export function aDocument({
  classifiers = [aClassifier('one')],
  results = [aResult(0)],
  images,
  ...facts
}: Partial<ReportDocument> & {
  /** image ids of each result, default 1…100 */
  readonly images?: readonly (readonly number[])[]
} = {}): ReportDocument {
  const all = Array.from({ length: 100 }, (_, i) => i + 1)
  const rest = {
    data: {
      nImages: 100,
      labels: [{ label: 'cat', nImages: 100 }],
      masks: { nInstances: 100, nRevisions: 100, rule: 'all of them', categories: [] },
      runs: [],
      failures: [],
    },
    methods: results.length === 0 ? [] : [{ id: 'occlusion', label: 'Occlusion', description: 'Hides.', options: [] }],
    classifiers,
    results,
    comparisons: compareResults(results, images ?? results.map(() => all)),
    ...facts,
  }
  return {
    schemaVersion: 1,
    createdAt: '2026-11-23T17:05:00.000Z',
    createdBy: 'ObAlEx Workstation 1.2.3',
    summary: summarise(rest),
    project: {
      name: 'pets',
      id: '00000000-0000-4000-8000-000000000000',
      createdAt: '2026-11-20T08:00:00.000Z',
      createdBy: 'ObAlEx Workstation 1.2.3',
      auditLog: { entries: 1284, headHash: 'c'.repeat(64) },
    },
    statistics: {
      level: 0.95,
      averages: { method: 'percentile bootstrap', resamples: 2000, seed: 7 },
      accuracy: { method: 'Wilson' },
    },
    ...rest,
  }
}

export function aReport(document: ReportDocument, scores: readonly ReportScore[] = []): Report {
  return {
    document,
    // eslint-disable-next-line @typescript-eslint/require-await -- what formats are given comes page by page
    scores: async function* () {
      yield* scores
    },
  }
}

/** All parts of a report as one text. */
export async function textOf(parts: AsyncIterable<string | Uint8Array>): Promise<string> {
  let text = ''
  for await (const part of parts) text += typeof part === 'string' ? part : new TextDecoder().decode(part)
  return text
}

import type { DatasetContext } from '../dataset.ts'
import type { RecordPlace } from '../defects.ts'
import { scanJson, type JsonScan } from '../json/scan-json.ts'
import { readAnnotationRecord, type AnnotationRecord, type Reading } from './records.ts'

/** A file with annotations, or with results, which stand there without a frame. */
export interface RecordFile {
  readonly path: string
  readonly type: 'annotation' | 'result'
}

/** A record and its place. */
export interface PlacedRecord {
  readonly place: RecordPlace
  readonly reading: Reading<AnnotationRecord>
}

const shapes: Readonly<Record<RecordFile['type'], Pick<JsonScan, 'root' | 'wanted' | 'required' | 'what'>>> = {
  annotation: { root: 'object', wanted: ['annotations'], required: [], what: 'a COCO annotation file' },
  result: { root: 'array', wanted: [], required: [], what: 'a COCO results file' },
}

/**
 * Reads the annotations or results of a file in their order, in batches, without keeping them.
 * @throws AppError as `scanJson`
 */
export async function* scanAnnotations(
  { path, type }: RecordFile,
  { signal, onProgress }: DatasetContext,
  step: 'index' | 'instances' = 'index',
): AsyncGenerator<readonly PlacedRecord[]> {
  const onBytes = (done: number, total: number) => onProgress({ step, done, total })
  for await (const batch of scanJson(path, { ...shapes[type], signal, onBytes })) {
    yield batch.map(({ index, value }) => placedRecord(type, index, value))
  }
}

function placedRecord(type: RecordFile['type'], index: number, value: unknown): PlacedRecord {
  const reading = readAnnotationRecord(value)
  const id = 'value' in reading ? reading.value.id : null
  return { place: { type, index, ...(id === null ? {} : { id }) }, reading }
}

import { coverMask } from '#common/mask/coverage.ts'
import { encodeRle } from '#common/mask/rle.ts'
import { obalexScore } from '#common/score/obalex.ts'
import { CanvasSession } from '../../renderer/canvas/canvas-session.ts'
import { ImageEditor } from '../../renderer/canvas/image-editor.ts'
import { toScreen } from '../../renderer/canvas/viewport.ts'
import { blobMask } from '../common/mask/sample-masks.ts'
import type { BenchResult, Row } from './benchmark.ts'

const photo = { width: 4000, height: 3000 }
const grid = { width: 224, height: 224, fit: 'stretch' } as const
const nMaps = 4
const nStrokes = 40
const strokeLength = 600
const nEvents = 60

/** Four maps on a photo of 12 megapixels while strokes of radius 40 and length 600 pixels are painted, without drawing. */
export default function bench(): Promise<BenchResult> {
  const { editor, session } = open()
  const strokes: number[] = []
  const events: number[] = []
  for (let stroke = 0; stroke < nStrokes; stroke++) {
    let whole = 0
    for (const step of strokeSteps(session, stroke)) {
      const start = performance.now()
      step()
      editor.takeScores()
      const took = performance.now() - start
      events.push(took)
      whole += took
    }
    strokes.push(whole)
  }
  const fullMs = fullScores(editor)
  const rows: Row[] = [
    { what: 'an event: painted and scored, median', value: at(events, 0.5), unit: 'ms' },
    { what: 'an event, 95th percentile', value: at(events, 0.95), unit: 'ms', budget: '≤ 16 ms' },
    { what: 'all events of a stroke together, median', value: at(strokes, 0.5), unit: 'ms', budget: '≤ 16 ms' },
    { what: 'all events of a stroke together, 95th percentile', value: at(strokes, 0.95), unit: 'ms' },
    { what: 'the scores from scratch, once', value: fullMs, unit: 'ms' },
    { what: 'from scratch ÷ an event', value: fullMs / at(events, 0.5), unit: '×' },
  ]
  return Promise.resolve({ name: `live scores of ${nMaps} maps on 12 megapixels, ${nEvents} events a stroke`, rows })
}

function open(): { editor: ImageEditor; session: CanvasSession } {
  const mask = encodeRle(blobMask(photo.width, photo.height))
  const maps = Array.from({ length: nMaps }, (_, id) => ({
    ...({ id, modelId: 1, model: 'm', method: `m${id}`, variant: 'standard', options: {} } as const),
    ...{ classIndex: 0, classLabel: '', grid },
    header: JSON.stringify({ kind: 'grid', rows: 14, cols: 14, steps: [{ op: 'relu' }, { op: 'bilinear' }] }),
    values: new Uint8Array(Float64Array.from({ length: 196 }, (__, cell) => ((cell * 7919 + id) % 101) / 100).buffer),
    ...({ maskVariant: 'standard', machineScore: null, score: null } as const),
  }))
  const image = {
    ...photo,
    id: 1,
    isPhotoHere: true,
    tileUrl: () => '',
    instances: [{ id: 1, isObject: true, machine: mask, base: mask, journal: [] }],
    objectOf: () => new Set([1]),
    maps,
  }
  const host = {
    journal: () => undefined,
    changed: () => undefined,
    isPaused: () => false,
    now: () => 0,
    readColours: () => Promise.reject(new Error('no photo')),
  }
  const scorer = { score: () => Promise.resolve([]) }
  const editor = new ImageEditor(image, { host, scorer, screen: { width: 1000, height: 750 }, pending: [] })
  editor.brushRadius = 40
  editor.takeScores()
  return { editor, session: new CanvasSession(editor, 'brush', () => undefined) }
}

/** Pointer down, moves along a slanted line and up; every other stroke erases, so that pixels always change. */
function strokeSteps(session: CanvasSession, stroke: number): (() => void)[] {
  const isAlt = stroke % 2 === 1
  const from = { x: 500 + 60 * stroke, y: 400 + 53 * (stroke >> 1) }
  const pointer = (event: number) => {
    const along = (strokeLength * event) / nEvents
    const image = { x: from.x + along * 0.8, y: from.y + along * 0.6 }
    return { screen: toScreen(session.editor.view, image), button: 0, isAlt, isShift: false }
  }
  const moves = Array.from({ length: nEvents }, (_, i) => () => session.move([pointer(i + 1)]))
  return [() => session.down(pointer(0)), ...moves, () => session.up(pointer(nEvents))]
}

function fullScores(editor: ImageEditor): number {
  const union = editor.document.objectUnion()
  const start = performance.now()
  const mask = coverMask(union, grid).data
  for (const { map } of editor.maps) obalexScore({ ...map, map: map.data, mask })
  return performance.now() - start
}

function at(times: readonly number[], share: number): number {
  return [...times].sort((a, b) => a - b)[Math.floor((times.length - 1) * share)]!
}

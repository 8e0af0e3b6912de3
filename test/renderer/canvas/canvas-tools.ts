/** An open image without a browser, and a hand that moves over it. */
import type { JournalStep, StoredMap } from '#common/contract/procedures/reviewing.ts'
import { encodeNative } from '#common/explanation/native-map.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { encodeRle } from '#common/mask/rle.ts'
import type { CanvasImage, CanvasInstance } from '../../../renderer/canvas/canvas-image.ts'
import { CanvasSession } from '../../../renderer/canvas/canvas-session.ts'
import type { ObjectChooser } from '../../../renderer/canvas/mask-document.ts'
import { ImageEditor, type EditorHost } from '../../../renderer/canvas/image-editor.ts'
import { scorePaper } from '../../../renderer/canvas/paper-score.ts'
import type { ToolId } from '../../../renderer/canvas/tools/toolbox.ts'
import { toScreen } from '../../../renderer/canvas/viewport.ts'

export function instanceOf(id: number, machine: Bitmap | null, base: Bitmap, more: Partial<CanvasInstance> = {}) {
  return { id, isObject: true, machine: machine && encodeRle(machine), base: encodeRle(base), journal: [], ...more }
}

/** As the instances say themselves, whatever their areas. */
function objectsOf(instances: readonly Pick<CanvasInstance, 'id' | 'isObject'>[]): ObjectChooser {
  const ids = new Set(instances.filter(({ isObject }) => isObject).map(({ id }) => id))
  return () => ids
}

export function imageOf(
  { width, height }: { width: number; height: number },
  instances: readonly CanvasInstance[],
  maps: readonly StoredMap[] = [],
): CanvasImage {
  const objectOf = objectsOf(instances)
  return { id: 1, width, height, isPhotoHere: true, tileUrl: () => '', instances, objectOf, maps }
}

export function storedMap(
  id: number,
  grid: StoredMap['grid'],
  { values, maskVariant = 'standard' }: { values: Float64Array; maskVariant?: 'standard' | 'paper' },
): StoredMap {
  const native = { kind: 'grid', rows: grid.height, cols: grid.width, values, steps: [] } as const
  const named = {
    modelId: 1,
    model: 'm',
    options: {},
    method: 'gradcam',
    variant: 'standard',
    classIndex: 0,
    classLabel: 'dog',
  } as const
  return { id, ...named, ...encodeNative(native), grid, maskVariant, machineScore: null, score: null }
}

type Told = Parameters<EditorHost['journal']>[0]

/** Opens an image; what it tells is kept. */
export function openSession(
  image: CanvasImage,
  {
    isPaused = (): boolean => false,
    tool = 'brush',
    readColours = () => Promise.reject(new Error('the photo is missing')),
  }: Partial<Pick<EditorHost, 'isPaused' | 'readColours'>> & { readonly tool?: ToolId } = {},
) {
  const journal: Told[] = []
  const told = { journal: (step: Told) => void journal.push(step), changed: () => undefined }
  const host = { ...told, isPaused, now: () => 0, readColours }
  const scorer = { score: (...args: Parameters<typeof scorePaper>) => Promise.resolve(scorePaper(...args)) }
  const editor = new ImageEditor(image, { host, scorer, screen: { width: 400, height: 300 }, pending: [] })
  editor.brushRadius = 1.5
  return { editor, journal, session: new CanvasSession(editor, tool, () => undefined) }
}

/** A pointer that is told where to go in image pixels. */
export function handOn(session: CanvasSession) {
  const keys = { button: 0, isAlt: false, isShift: false }
  const at = (x: number, y: number, more: Partial<typeof keys> = {}) => ({
    ...keys,
    ...more,
    screen: toScreen(session.editor.view, { x, y }),
  })
  return {
    down: (x: number, y: number, more?: Partial<typeof keys>) => session.down(at(x, y, more)),
    move: (x: number, y: number, more?: Partial<typeof keys>) => session.move([at(x, y, more)]),
    up: (x: number, y: number, more?: Partial<typeof keys>) => session.up(at(x, y, more)),
  }
}

export function key(name: string, more: Partial<Record<'isShift' | 'isCtrl' | 'isAlt' | 'isRepeat', boolean>> = {}) {
  return { key: name, isShift: false, isCtrl: false, isAlt: false, isRepeat: false, ...more }
}

/** The steps that the engine would hand back after these were journaled. */
export function journalOf(told: readonly Told[], instance: number, firstId = 1): JournalStep[] {
  return told.flatMap((step, i) => (step.instance === instance ? [{ ...step, id: firstId + i }] : []))
}

/** Rows of '#' and '.'. */
export function picture({ width, data }: Bitmap): string[] {
  const marks = Array.from(data, (pixel) => (pixel === 1 ? '#' : '.')).join('')
  return Array.from({ length: data.length / width }, (_, y) => marks.slice(y * width, (y + 1) * width))
}

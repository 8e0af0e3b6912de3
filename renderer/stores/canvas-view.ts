import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ReviewedImage, StoredMap } from '#common/contract/procedures/reviewing.ts'
import type { CanvasHistory, CanvasMode } from '../canvas/canvas-events.ts'
import type { MapScore } from '../canvas/live-scores.ts'
import type { Reshaping } from '../canvas/reshaping.ts'
import type { StrokeBar } from '../canvas/stroke-trail.ts'
import type { ContourComparison } from '../canvas/contour-comparison.ts'
import type { CorrectionMetrics } from '../canvas/mask-document.ts'
import type { ToolId } from '../canvas/tools/toolbox.ts'

export type { ToolId } from '../canvas/tools/toolbox.ts'
export type LayerId = 'machine' | 'correction' | 'difference' | 'heatMap'

/** What the shell may ask of the canvas. */
export interface CanvasControls {
  undo(): void
  redo(): void
  backToMachine(): void
  /** shows the mask grown, shrunken, smoothed or filled, until `finish` or `cancel` */
  reshape(reshaping: Reshaping, radius: number): void
  /** shows the mask as it was after so many strokes, until `finish` or `cancel` */
  showStroke(after: number): void
  /** closes the polygon, or applies what is shown */
  finish(): void
  /** drops what is being drawn or shown */
  cancel(): void
  zoomBy(factor: number): void
  zoomTo(factor: number): void
  fit(): void
  retry(): void
  dropUnsaved(image: number): void
  /** resolves when no stroke (of one image) is on its way to the engine any more */
  settled(image?: number): Promise<void>
  /** gets and computes what opening an image needs, where there is time */
  readAhead(image: ReviewedImage): void
  focus(): void
}

const noHistory: CanvasHistory = { canUndo: false, canRedo: false, nStrokes: 0, nUnsaved: 0, isPaused: false }

const noMode: CanvasMode = { preview: null, nCorners: 0 }

/** What the canvas shows and reports. None of it is part of the document, none of it can be undone. */
export const useCanvasView = defineStore('canvas-view', () => {
  const tool = ref<ToolId>('brush')
  const lastTool = ref<ToolId>('eraser')
  const layers = ref<Readonly<Record<LayerId, boolean>>>({
    machine: true,
    correction: true,
    difference: true,
    heatMap: true,
  })
  const areMasksHidden = ref(false)
  const isPeeking = ref(false)
  /** the map that is shown, by what is the same from image to image; null: the first one */
  const mapKey = ref<string | null>(null)
  /** the instance that is painted on; null: not known yet, or the image has none */
  const instanceId = ref<number | null>(null)
  /** of the instances of the image, pixels by id; those that are absent are as they were saved */
  const areas = shallowRef<ReadonlyMap<number, number>>(new Map())
  const controls = shallowRef<CanvasControls | null>(null)
  const zoom = ref(1)
  const cursor = ref<{ readonly x: number; readonly y: number } | null>(null)
  const history = ref<CanvasHistory>(noHistory)
  /** the strokes in force, and behind them those that can be done again */
  const strokes = shallowRef<readonly StrokeBar[]>([])
  const mode = shallowRef<CanvasMode>(noMode)
  const strokeError = ref<string | null>(null)
  const scores = shallowRef<ReadonlyMap<number, MapScore>>(new Map())
  const tookMs = ref<number | null>(null)
  const metrics = ref<CorrectionMetrics | null>(null)
  const contours = shallowRef<ContourComparison | null>(null)

  const shownLayers = computed(() => {
    const { machine, correction, difference, heatMap } = layers.value
    const masks = !isPeeking.value && !areMasksHidden.value
    return {
      machine: machine && masks,
      correction: correction && masks,
      difference: difference && masks,
      heatMap: heatMap && !isPeeking.value,
    }
  })

  /** something is being drawn or shown that Enter finishes and Esc drops */
  const isUnfinished = computed(() => mode.value.preview !== null || mode.value.nCorners > 0)

  function setTool(next: ToolId): void {
    if (next === tool.value) return
    lastTool.value = tool.value
    tool.value = next
  }

  function swapTools(): void {
    setTool(lastTool.value)
  }

  function toggleLayer(layer: LayerId): void {
    layers.value = { ...layers.value, [layer]: !layers.value[layer] }
  }

  function takeScores(next: readonly MapScore[], ms: number): void {
    scores.value = new Map(next.map((score) => [score.map, score]))
    tookMs.value = ms
  }

  function takeInstances(atHand: number | null, next: ReadonlyMap<number, number>): void {
    instanceId.value = atHand
    areas.value = next
  }

  /** Forgets what belonged to the image that was on screen. */
  function reset(): void {
    history.value = noHistory
    strokes.value = []
    mode.value = noMode
    instanceId.value = null
    areas.value = new Map()
    strokeError.value = null
    scores.value = new Map()
    tookMs.value = null
    metrics.value = null
    contours.value = null
    cursor.value = null
  }

  return {
    tool,
    layers,
    areMasksHidden,
    isPeeking,
    mapKey,
    instanceId,
    areas,
    controls,
    zoom,
    cursor,
    history,
    strokes,
    mode,
    isUnfinished,
    strokeError,
    scores,
    tookMs,
    metrics,
    contours,
    shownLayers,
    setTool,
    swapTools,
    toggleLayer,
    takeScores,
    takeInstances,
    reset,
  }
})

/** What makes a map the same kind of map on another image. */
export function keyOfMap({
  model,
  method,
  variant,
  options,
}: Pick<StoredMap, 'model' | 'method' | 'variant' | 'options'>): string {
  return JSON.stringify([model, method, variant, options])
}

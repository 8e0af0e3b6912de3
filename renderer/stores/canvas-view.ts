import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { StoredMap } from '#common/contract/procedures/reviewing.ts'
import type { CanvasHistory, ToolId } from '../canvas/review-canvas.ts'
import type { MapScore } from '../canvas/live-scores.ts'
import type { CorrectionMetrics } from '../canvas/mask-document.ts'

export type { ToolId } from '../canvas/review-canvas.ts'
export type LayerId = 'machine' | 'correction' | 'difference' | 'heatMap'

/** What the shell may ask of the canvas. */
export interface CanvasControls {
  undo(): void
  redo(): void
  backToMachine(): void
  zoomBy(factor: number): void
  zoomTo(factor: number): void
  fit(): void
  retry(): void
  dropUnsaved(): void
  /** resolves when no stroke is on its way to the engine any more */
  settled(): Promise<void>
  focus(): void
}

const noHistory: CanvasHistory = { canUndo: false, canRedo: false, nStrokes: 0, nUnsaved: 0, isPaused: false }

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
  /** the instance that is painted on; null: the image's first */
  const instanceId = ref<number | null>(null)
  const controls = shallowRef<CanvasControls | null>(null)
  const zoom = ref(1)
  const cursor = ref<{ readonly x: number; readonly y: number } | null>(null)
  const history = ref<CanvasHistory>(noHistory)
  const strokeError = ref<string | null>(null)
  const scores = shallowRef<ReadonlyMap<number, MapScore>>(new Map())
  const tookMs = ref<number | null>(null)
  const metrics = ref<CorrectionMetrics | null>(null)

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

  /** Forgets what belonged to the image that was on screen. */
  function reset(): void {
    history.value = noHistory
    instanceId.value = null
    strokeError.value = null
    scores.value = new Map()
    tookMs.value = null
    metrics.value = null
    cursor.value = null
  }

  return {
    tool,
    layers,
    areMasksHidden,
    isPeeking,
    mapKey,
    instanceId,
    controls,
    zoom,
    cursor,
    history,
    strokeError,
    scores,
    tookMs,
    metrics,
    shownLayers,
    setTool,
    swapTools,
    toggleLayer,
    takeScores,
    reset,
  }
})

/** What makes a map the same kind of map on another image. */
export function keyOfMap({ model, method, variant }: Pick<StoredMap, 'model' | 'method' | 'variant'>): string {
  return JSON.stringify([model, method, variant])
}

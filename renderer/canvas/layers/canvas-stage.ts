import Konva from 'konva'
import type { GridSize } from '#common/mask/rectangle.ts'
import type { ImageEditor } from '../image-editor.ts'
import type { BrushCursor } from '../canvas-session.ts'
import { CursorLayer } from './cursor-layer.ts'
import { HeatMapLayer, type ColourMap } from './heat-map-layer.ts'
import { MaskLayer, type MaskSwitches } from './mask-layer.ts'
import { PhotoLayer } from './photo-layer.ts'
import type { Viewport } from '../viewport.ts'

/** Which layers are shown over the photo. */
export interface LayerSwitches extends MaskSwitches {
  readonly heatMap: boolean
}

/** Which map is shown, and how. */
export interface HeatMapChoice {
  /** id of the explanation; null: none */
  readonly map: number | null
  readonly colourMap: ColourMap
  /** 0…1 */
  readonly opacity: number
}

/** The four layers, drawn when asked for: a layer only where something changed on it. */
export class CanvasStage {
  readonly #stage: Konva.Stage
  readonly #photo: PhotoLayer
  readonly #heatMap = new HeatMapLayer()
  readonly #masks = new MaskLayer()
  readonly #cursor = new CursorLayer()
  #editor: ImageEditor | null = null
  #view: Viewport | null = null
  #isPhotoStale = true
  #isHeatMapStale = true
  #ratio = window.devicePixelRatio

  /** @param onLoad is called when a part of the photo came */
  constructor(host: HTMLDivElement, onLoad: () => void) {
    // every layer draws itself: Konva must not draw them a frame later once more
    Konva.autoDrawEnabled = false
    this.#stage = new Konva.Stage({ container: host, listening: false })
    this.#photo = new PhotoLayer(() => {
      this.#isPhotoStale = true
      onLoad()
    })
    for (const { layer } of [this.#photo, this.#heatMap, this.#masks, this.#cursor]) this.#stage.add(layer)
  }

  /** @param size CSS pixels */
  resize({ width, height }: GridSize): void {
    this.#ratio = window.devicePixelRatio
    for (const layer of this.#stage.getLayers()) layer.getCanvas().setPixelRatio(this.#ratio)
    this.#stage.size({ width, height })
    this.#masks.resize({ width, height }, this.#ratio)
    this.#view = null
  }

  show(editor: ImageEditor | null): void {
    this.#editor = editor
    this.#view = null
    this.#photo.show(editor?.image ?? null)
    this.#masks.show(editor?.document ?? null)
  }

  setLayers(show: LayerSwitches, { map, colourMap, opacity }: HeatMapChoice): void {
    this.#masks.switchTo(show)
    const shown = show.heatMap ? this.#editor?.maps.find(({ id }) => id === map) : undefined
    this.#heatMap.show(shown ?? null, colourMap, opacity)
    this.#isHeatMapStale = true
  }

  /** Draws what changed since the last time. */
  draw(cursor: BrushCursor | null): void {
    const editor = this.#editor
    if (editor === null) {
      for (const layer of this.#stage.getLayers()) layer.getContext().clear()
      return
    }
    const { view } = editor
    const hasMoved = view !== this.#view
    if (hasMoved || this.#isPhotoStale) this.#photo.draw(view, this.#ratio)
    if (hasMoved || this.#isHeatMapStale) this.#heatMap.draw(view)
    this.#masks.draw(view, editor.takeDirty())
    this.#cursor.draw(cursor)
    this.#view = view
    this.#isPhotoStale = this.#isHeatMapStale = false
  }

  dispose(): void {
    this.#photo.show(null)
    this.#stage.destroy()
  }
}

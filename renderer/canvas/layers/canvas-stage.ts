import Konva from 'konva'
import type { GridSize } from '#common/mask/rectangle.ts'
import type { ImageEditor } from '../image-editor.ts'
import type { GridMap } from '../live-scores.ts'
import type { CanvasCursor } from '../canvas-session.ts'
import { CursorLayer } from './cursor-layer.ts'
import { EmptyFrame } from './empty-frame.ts'
import { HeatMapLayer, type HeatMapLook } from './heat-map-layer.ts'
import { MaskLayer, type MaskLook, type MaskSwitches } from './mask-layer.ts'
import { PhotoLayer } from './photo-layer.ts'
import type { TiledPhoto } from './photo-tiles.ts'
import type { Viewport } from '../viewport.ts'

/** Which layers are shown over the photo. */
export interface LayerSwitches extends MaskSwitches {
  readonly heatMap: boolean
}

/** Which map is shown, and how. */
export interface HeatMapChoice extends HeatMapLook {
  /** id of the explanation; null: none */
  readonly map: number | null
}

/** Two views beside each other, with a divider between them. */
export interface Comparison {
  /** where the divider is, as a share of the canvas's width */
  readonly place: number
  /** the machine mask and the correction, or the map that is shown and this one */
  readonly pair: 'masks' | { readonly map: number }
}

/** The four layers, drawn when asked for: a layer only where something changed on it. */
export class CanvasStage {
  readonly #stage: Konva.Stage
  readonly #photo: PhotoLayer
  readonly #emptyFrame = new EmptyFrame()
  readonly #heatMap = new HeatMapLayer()
  readonly #masks = new MaskLayer()
  readonly #cursor = new CursorLayer()
  #editor: ImageEditor | null = null
  #view: Viewport | null = null
  #isPhotoStale = true
  #isHeatMapStale = true
  #comparison: Comparison | null = null
  #ratio = window.devicePixelRatio

  /**
   * @param onLoad is called when a part of the photo came
   * @param onFail is called when a part did not come
   */
  constructor(host: HTMLDivElement, onLoad: () => void, onFail: () => void) {
    // every layer draws itself: Konva must not draw them a frame later once more
    Konva.autoDrawEnabled = false
    this.#stage = new Konva.Stage({ container: host, listening: false })
    this.#photo = new PhotoLayer(() => {
      this.#isPhotoStale = true
      onLoad()
    }, onFail)
    this.#photo.layer.add(this.#emptyFrame.node)
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
    const image = editor?.image ?? null
    this.#photo.show(image?.isPhotoHere === true ? image : null)
    this.#emptyFrame.show(image?.isPhotoHere === false ? image : null)
    this.#masks.show(editor?.document ?? null)
  }

  setLayers(show: LayerSwitches, heatMap: HeatMapChoice, comparison: Comparison | null): void {
    this.#masks.switchTo(show)
    this.#comparison = comparison
    const mapOf = (wanted: number | null): GridMap | null =>
      (show.heatMap ? this.#editor?.maps.find(({ id }) => id === wanted) : undefined) ?? null
    const pair = comparison?.pair ?? 'masks'
    this.#heatMap.show(mapOf(heatMap.map), mapOf(pair === 'masks' ? null : pair.map), heatMap)
    this.#isHeatMapStale = true
  }

  /** Gets what a photo shows when it is opened. @param screen of the canvas, CSS pixels */
  readAhead(photo: TiledPhoto, screen: GridSize): void {
    this.#photo.readAhead(photo, screen)
  }

  setMaskLook(look: MaskLook): void {
    this.#masks.setLook(look)
  }

  /** Moves the divider of a comparison; what is compared stays. */
  moveDivider(place: number): void {
    if (this.#comparison !== null) this.#comparison = { ...this.#comparison, place }
    this.#isHeatMapStale = true
  }

  /** Draws what changed since the last time. */
  draw(cursor: CanvasCursor | null): void {
    const editor = this.#editor
    if (editor === null) {
      for (const layer of this.#stage.getLayers()) layer.getContext().clear()
      return
    }
    const { view } = editor
    const hasMoved = view !== this.#view
    if (hasMoved) this.#emptyFrame.place(view)
    if (hasMoved || this.#isPhotoStale) this.#photo.draw(view, this.#ratio)
    const { pair = null, place = 0 } = this.#comparison ?? {}
    const divider = place * view.width
    if (hasMoved || this.#isHeatMapStale) {
      this.#heatMap.draw(view, pair === null || pair === 'masks' ? null : divider)
    }
    this.#masks.split(pair === 'masks' ? divider : null)
    this.#masks.draw(view, editor.takeDirty())
    this.#cursor.draw(cursor)
    this.#view = view
    this.#isPhotoStale = this.#isHeatMapStale = false
  }

  dispose(): void {
    this.#photo.dispose()
    this.#stage.destroy()
  }
}

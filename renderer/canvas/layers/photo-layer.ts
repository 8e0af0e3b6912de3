import Konva from 'konva'
import type { GridSize } from '#common/mask/rectangle.ts'
import type { Viewport } from '../viewport.ts'
import { PhotoPainter } from './photo-painter.ts'
import type { TiledPhoto } from './photo-tiles.ts'

/** The photo of the canvas, below all else. */
export class PhotoLayer {
  readonly layer = new Konva.Layer({ listening: false })
  readonly #painter: PhotoPainter
  #shown: { readonly view: Viewport; readonly ratio: number } | null = null

  /** @param onLoad, onFail as `PhotoPainter` calls them */
  constructor(onLoad: () => void, onFail: () => void) {
    this.#painter = new PhotoPainter(onLoad, onFail)
    this.layer.add(
      new Konva.Shape({
        sceneFunc: ({ _context: context }) => this.#shown !== null && this.#painter.paint(context, this.#shown),
      }),
    )
  }

  show(photo: TiledPhoto | null): void {
    this.#painter.show(photo)
  }

  /** Moves the photo, asks for the tiles that are in sight now, and draws. @param ratio device pixels a CSS pixel */
  draw(view: Viewport, ratio: number): void {
    this.#shown = { view, ratio }
    this.#painter.want(this.#shown)
    this.layer.draw()
  }

  /** See `PhotoPainter.readAhead`. */
  readAhead(photo: TiledPhoto, screen: GridSize): void {
    this.#painter.readAhead(photo, screen)
  }

  dispose(): void {
    this.#painter.dispose()
  }
}

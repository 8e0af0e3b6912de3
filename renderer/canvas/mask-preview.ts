import type { Bitmap } from '#common/mask/bitmap.ts'
import { applyTiles } from '#common/mask/tile-patch.ts'
import type { ImageStrokes } from './image-strokes.ts'
import { copyMask } from './paint-mask.ts'
import { reshapings, type Reshaping } from './reshaping.ts'

/** A change of a whole mask that is shown before it is made. */
export type OpenPreview =
  | { readonly kind: 'reshape'; readonly reshaping: Reshaping; readonly radius: number }
  /** the mask as it was after so many strokes of those that the history keeps */
  | { readonly kind: 'stroke'; readonly after: number }

/**
 * Shows what a change of a whole mask would make of it: an open stroke that is painted anew with every change of mind,
 * until it is applied, which makes it a stroke like any other, or dropped.
 */
export class MaskPreview {
  readonly #strokes: ImageStrokes
  #open: OpenPreview | null = null
  #before: Bitmap | null = null

  constructor(strokes: ImageStrokes) {
    this.#strokes = strokes
  }

  get open(): OpenPreview | null {
    return this.#open
  }

  /** Shows the mask grown, shrunken, smoothed or filled; a preview that is open gives way. */
  reshape(reshaping: Reshaping, radius: number): void {
    if (this.#open?.kind === 'stroke') this.drop()
    const before = this.#begin(reshaping)
    if (before === null) return
    this.#open = { kind: 'reshape', reshaping, radius }
    this.#show(reshapings[reshaping](before, radius))
  }

  /** Shows the mask that a stroke worked on as it was after it; the state as it is now ends the preview. */
  showStroke(after: number): void {
    this.drop()
    const { done } = this.#strokes.history
    const last = done[after - 1] ?? done[0]
    if (last === undefined || after >= done.length || !this.#strokes.canBegin) return
    this.#strokes.document.activate(last.instance)
    const before = this.#begin('return')
    if (before === null) return
    this.#open = { kind: 'stroke', after }
    const mask = { ...before, data: before.data.slice() }
    for (const command of done.slice(after)) {
      // steps of other objects are steps of other journals
      if (command.instance === last.instance) applyTiles(mask, command.tiles)
    }
    this.#show(mask)
  }

  /** Makes it a stroke. */
  apply(): void {
    if (this.#open === null) return
    this.#close()
    this.#strokes.commit()
  }

  /** Shows the mask as it is again; returns whether anything was open. */
  drop(): boolean {
    if (this.#open === null) return false
    this.#close()
    this.#strokes.cancel()
    return true
  }

  #begin(tool: string): Bitmap | null {
    if (this.#open !== null) return this.#before
    if (!this.#strokes.begin(tool)) return null
    const { current } = this.#strokes.document
    this.#before = { ...current, data: current.data.slice() }
    return this.#before
  }

  #show(mask: Bitmap): void {
    this.#strokes.paint((document) => copyMask(document, mask))
  }

  #close(): void {
    this.#open = null
    this.#before = null
  }
}

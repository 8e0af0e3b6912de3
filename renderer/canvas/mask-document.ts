import { emptyBitmap, requireSameSize, type Bitmap } from '#common/mask/bitmap.ts'
import { unionRle } from '#common/mask/combine.ts'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { countOverlap } from '#common/mask/overlap.ts'
import { decodeRle, emptyRle, encodeRle, rleArea, type Rle } from '#common/mask/rle.ts'
import { tileSide, type TilePatch } from '#common/mask/tile-patch.ts'
import { joinRectangles } from './rectangle.ts'
import { StrokeRecord, type RecordedStroke } from './stroke-record.ts'

/** An instance's masks: what the machine said, and what it was corrected to. */
export interface DocumentInstance {
  readonly id: number
  /** whether it is part of the object mask that the scores are taken with, as its masks are saved */
  readonly isObject: boolean
  /** null: a person drew it */
  readonly machine: Rle | null
  readonly current: Rle
}

/** Which instances make up the object mask, by their areas as they are now, in pixels by id. */
export type ObjectChooser = (areas: ReadonlyMap<number, number>) => ReadonlySet<number>

const machineBitmaps = new WeakMap<Rle, Bitmap>()

/** The pixels of a machine mask, decoded once: it never changes. Not to be written to. @throws AppError 'rle.counts' */
export function machineBitmap(machine: Rle): Bitmap {
  const bitmap = machineBitmaps.get(machine) ?? decodeRle(machine)
  machineBitmaps.set(machine, bitmap)
  return bitmap
}

/** The instance that is taken at hand when an image is opened. */
export function firstInstance<I extends { readonly isObject: boolean }>(instances: readonly I[]): I | undefined {
  return instances.find(({ isObject }) => isObject) ?? instances[0]
}

/** How the correction of the instance at hand lies on its machine mask, pixels. */
export interface CorrectionMetrics {
  /** null where both are empty */
  readonly iou: number | null
  readonly added: number
  readonly removed: number
}

/** Hears which pixels of the object mask became object, or background: x0 … x1 − 1 of row y. */
export type UnionListener = (y: number, x0: number, x1: number, isObject: boolean) => void

/**
 * The masks of one image. Only the instance at hand is held as pixels, the others as run lengths and as their union: an
 * image of 12 megapixels with a hundred instances would take more than a gigabyte otherwise.
 *
 * A stroke is a transaction: `begin`, any number of `paintRun`, then `commit` or `cancel`.
 */
export class MaskDocument {
  readonly width: number
  readonly height: number
  readonly #objectOf: ObjectChooser
  #instances: DocumentInstance[]
  #areas: ReadonlyMap<number, number>
  #active: DocumentInstance | null = null
  #machine: Bitmap
  #current: Bitmap
  #others: Bitmap
  #stroke: StrokeRecord | null = null
  #hasOthers = false
  #isChanged = false
  #dirty: PixelRectangle | null = null
  #nMachine = 0
  #nCurrent = 0
  #nBoth = 0
  onUnion: UnionListener = () => undefined

  /** @throws AppError 'shape.mismatch' for a mask of another size, 'rle.counts' */
  constructor({ width, height }: GridSize, instances: readonly DocumentInstance[], objectOf: ObjectChooser) {
    this.width = width
    this.height = height
    for (const { machine, current } of instances) {
      requireSameSize(this, current, 'image and mask')
      if (machine !== null) requireSameSize(this, machine, 'image and machine mask')
    }
    this.#objectOf = objectOf
    this.#areas = new Map(instances.map(({ id, current }) => [id, rleArea(current)]))
    const chosen = objectOf(this.#areas)
    this.#instances = instances.map((instance) => ({ ...instance, isObject: chosen.has(instance.id) }))
    this.#machine = this.#current = this.#others = emptyBitmap(width, height)
    const first = firstInstance(this.#instances)
    if (first !== undefined) this.activate(first.id)
  }

  /** The instance that is painted on; null: the image has none. */
  get activeId(): number | null {
    return this.#active?.id ?? null
  }

  get instanceIds(): readonly number[] {
    return this.#instances.map(({ id }) => id)
  }

  /** Of all instances, in pixels by id, as `settle` found them last. */
  get areas(): ReadonlyMap<number, number> {
    return this.#areas
  }

  /** Of the instance at hand; not to be written to. */
  get machine(): Bitmap {
    return this.#machine
  }

  get current(): Bitmap {
    return this.#current
  }

  /** The union of all other instances that are part of the object mask. */
  get others(): Bitmap {
    return this.#others
  }

  /** Whether any other instance is part of the object mask. */
  get hasOthers(): boolean {
    return this.#hasOthers
  }

  get isStrokeOpen(): boolean {
    return this.#stroke !== null
  }

  get hasMachine(): boolean {
    return this.#active?.machine != null
  }

  /** Takes another instance at hand; an open stroke is dropped. Unknown ids change nothing. */
  activate(id: number): void {
    const next = this.#instances.find((instance) => instance.id === id)
    if (next === undefined || id === this.activeId) return
    this.cancel()
    this.#putBack()
    const active = this.#instances.find((instance) => instance.id === id)!
    this.#active = active
    this.#machine = active.machine === null ? emptyBitmap(this.width, this.height) : machineBitmap(active.machine)
    // the machine mask itself while it was not corrected: most images are only looked at, and a copy takes a frame's time
    this.#current = active.current === active.machine ? this.#machine : decodeRle(active.current)
    this.#uniteOthers()
    const { first, second, both } = countOverlap(active.machine ?? emptyRle(this.width, this.height), active.current)
    ;[this.#nMachine, this.#nCurrent, this.#nBoth] = [first, second, both]
    this.#dirty = { x: 0, y: 0, width: this.width, height: this.height }
  }

  /**
   * Chooses the object anew after a stroke or a step: another instance may be the biggest now.
   * @returns whether other instances make up the object mask than before
   */
  settle(): boolean {
    if (this.#active === null) return false
    this.#areas = new Map(this.#areas).set(this.#active.id, this.#nCurrent)
    const chosen = this.#objectOf(this.#areas)
    if (this.#instances.every(({ id, isObject }) => isObject === chosen.has(id))) return false
    this.#putBack()
    this.#instances = this.#instances.map((instance) => ({ ...instance, isObject: chosen.has(instance.id) }))
    this.#active = this.#instances.find(({ id }) => id === this.activeId)!
    this.#uniteOthers()
    this.#dirty = { x: 0, y: 0, width: this.width, height: this.height }
    return true
  }

  begin(): void {
    if (this.#active === null) return
    this.makeReady()
    this.#stroke ??= new StrokeRecord()
  }

  /** Does now what the first stroke would have to wait for: gives the correction pixels of its own. */
  makeReady(): void {
    if (this.#active === null || this.#current !== this.#machine) return
    this.#current = { ...this.#machine, data: this.#machine.data.slice() }
  }

  /** Makes the pixels x0 … x1 − 1 of row y object or background; they must be inside the image and a stroke open. */
  paintRun(y: number, x0: number, x1: number, isObject: boolean): void {
    if (this.#stroke === null) return
    const { data } = this.#current
    const value = isObject ? 1 : 0
    const row = y * this.width
    for (let x = x0; x < x1; x++) {
      if (data[row + x] === value) continue
      const start = x
      while (x < x1 && data[row + x] !== value) x++
      this.#stroke.flip(y, start, x)
      this.#flip(y, start, x, isObject)
    }
  }

  /** Ends the stroke; null where it changed nothing. */
  commit(): RecordedStroke | null {
    const stroke = this.#stroke?.finish(this.#current) ?? null
    this.#stroke = null
    return stroke
  }

  /** Takes back what the open stroke did so far; it stays open. */
  rewind(): void {
    if (this.#stroke === null) return
    this.cancel()
    this.begin()
  }

  /** Drops the stroke: the mask is again what it was before it. */
  cancel(): void {
    const stroke = this.commit()
    if (stroke !== null) this.#flipTiles(stroke.tiles)
  }

  /** Applies a patch to an instance, which is taken at hand for it; a second time undoes it. An open stroke is dropped. */
  applyPaint(instance: number, tiles: readonly TilePatch[]): void {
    this.cancel()
    this.activate(instance)
    if (this.activeId === instance) this.#flipTiles(tiles)
  }

  metrics(): CorrectionMetrics {
    const union = this.#nMachine + this.#nCurrent - this.#nBoth
    return {
      iou: union === 0 ? null : this.#nBoth / union,
      added: this.#nCurrent - this.#nBoth,
      removed: this.#nMachine - this.#nBoth,
    }
  }

  /** Machine mask and correction of the instance at hand; null where no machine found it. */
  masksAtHand(): { readonly machine: Rle; readonly correction: Rle } | null {
    const { machine } = this.#active ?? {}
    return machine == null ? null : { machine, correction: encodeRle(this.#current) }
  }

  /** The object mask: the union of the instances that are part of it. Not to be written to, and not to be kept. */
  objectUnion(): Bitmap {
    if (!this.#hasOthers && this.#active?.isObject === true) return this.#current
    const data = this.#others.data.slice()
    if (this.#active?.isObject === true) {
      const { data: current } = this.#current
      for (let i = 0; i < data.length; i++) data[i]! |= current[i]!
    }
    return { width: this.width, height: this.height, data }
  }

  /** Where pixels changed since it was last asked for; null: nowhere. */
  takeDirty(): PixelRectangle | null {
    const dirty = this.#dirty
    this.#dirty = null
    return dirty
  }

  /** The pixels of the instance at hand are those that are kept of it. */
  #uniteOthers(): void {
    const others = this.#instances.filter((instance) => instance.isObject && instance.id !== this.activeId)
    const union = unionRle(
      others.map(({ current }) => current),
      this,
    )
    this.#hasOthers = rleArea(union) > 0
    this.#others = this.#hasOthers ? decodeRle(union) : emptyBitmap(this.width, this.height)
    this.#isChanged = false
  }

  #putBack(): void {
    const active = this.#active
    if (active === null || !this.#isChanged) return
    const current = encodeRle(this.#current)
    this.#instances = this.#instances.map((instance) => (instance === active ? { ...instance, current } : instance))
  }

  #flipTiles(tiles: readonly TilePatch[]): void {
    this.makeReady()
    const { data } = this.#current
    for (const { column, row, bits } of tiles) {
      const left = column * tileSide
      const right = Math.min(left + tileSide, this.width)
      const bottom = Math.min((row + 1) * tileSide, this.height)
      for (let y = row * tileSide; y < bottom; y++) {
        const first = (y - row * tileSide) * tileSide - left
        const isSet = (x: number): boolean => ((bits[(first + x) >> 3]! >> (x & 7)) & 1) === 1
        for (let x = left; x < right; x++) {
          if (!isSet(x)) continue
          const start = x
          const value = data[y * this.width + x]
          while (x < right && isSet(x) && data[y * this.width + x] === value) x++
          this.#flip(y, start, x, value === 0)
          x--
        }
      }
    }
  }

  /** All of the run's pixels have the other value. */
  #flip(y: number, x0: number, x1: number, isObject: boolean): void {
    const row = y * this.width
    const { data } = this.#current
    data.fill(isObject ? 1 : 0, row + x0, row + x1)
    let onMachine = 0
    for (let at = row + x0; at < row + x1; at++) onMachine += this.#machine.data[at]!
    const sign = isObject ? 1 : -1
    this.#nCurrent += sign * (x1 - x0)
    this.#nBoth += sign * onMachine
    this.#isChanged = true
    this.#markDirty(y, x0, x1)
    if (this.#active?.isObject === true) this.#tellUnion(y, x0, x1, isObject)
  }

  #tellUnion(y: number, x0: number, x1: number, isObject: boolean): void {
    const { data } = this.#others
    const row = y * this.width
    for (let x = x0; x < x1; x++) {
      if (data[row + x] === 1) continue
      const start = x
      while (x < x1 && data[row + x] === 0) x++
      this.onUnion(y, start, x, isObject)
    }
  }

  #markDirty(y: number, x0: number, x1: number): void {
    const dirty = this.#dirty
    const isInside =
      dirty !== null && y >= dirty.y && y < dirty.y + dirty.height && x0 >= dirty.x && x1 <= dirty.x + dirty.width
    if (!isInside) this.#dirty = joinRectangles(dirty, { x: x0, y, width: x1 - x0, height: 1 })
  }
}

import type { Point } from './viewport.ts'

/** The corners of a polygon that is being drawn. */
export class PolygonPath {
  #points: readonly Point[] = []
  #isAdding = true
  readonly #onChange: () => void

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** image pixels, in the order in which they were clicked; empty: nothing is being drawn */
  get points(): readonly Point[] {
    return this.#points
  }

  /** Whether it adds to the mask, or cuts a hole. */
  get isAdding(): boolean {
    return this.#isAdding
  }

  get isOpen(): boolean {
    return this.#points.length > 0
  }

  open(first: Point, isAdding: boolean): void {
    this.#isAdding = isAdding
    this.#set([first])
  }

  add(point: Point): void {
    this.#set([...this.#points, point])
  }

  /** Puts the last corner elsewhere. */
  moveLast(to: Point): void {
    this.#set([...this.#points.slice(0, -1), to])
  }

  removeLast(): void {
    this.#set(this.#points.slice(0, -1))
  }

  clear(): void {
    this.#set([])
  }

  #set(points: readonly Point[]): void {
    this.#points = points
    this.#onChange()
  }
}

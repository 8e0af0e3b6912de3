import type { Tile } from './photo-tiles.ts'

/** doubled with each failure of a tile, up to the longest */
const firstWaitMs = 250
const longestWaitMs = 8000

interface Wanted {
  nFailures: number
  /** until it is asked for again */
  waiting: ReturnType<typeof setTimeout> | undefined
}

interface LoaderHooks {
  /** Gets a tile, by the address that it has now. */
  load(tile: Tile): Promise<void>
  /** One of the wanted tiles came. */
  came(): void
  /** One did not; it is asked for again. */
  failed(): void
}

/**
 * Gets the tiles that are wanted. One that does not come is asked for again for as long as it is wanted: the engine may
 * be on its way back, or the machine short of memory for a moment, and nobody moves the view to have another try.
 */
export class TileLoader {
  readonly #hooks: LoaderHooks
  #wanted = new Map<string, Wanted>()

  constructor(hooks: LoaderHooks) {
    this.#hooks = hooks
  }

  /** Says which tiles are wanted now, the most urgent first; whatever becomes of others is of no interest any more. */
  want(tiles: readonly Tile[]): void {
    const before = this.#wanted
    this.#wanted = new Map()
    for (const tile of tiles) {
      const key = keyOf(tile)
      if (this.#wanted.has(key)) continue
      const known = before.get(key)
      before.delete(key)
      const wanted = known ?? { nFailures: 0, waiting: undefined }
      this.#wanted.set(key, wanted)
      if (known === undefined) this.#ask(tile, wanted)
    }
    for (const { waiting } of before.values()) clearTimeout(waiting)
  }

  #ask(tile: Tile, wanted: Wanted): void {
    const key = keyOf(tile)
    const isWanted = (): boolean => this.#wanted.get(key) === wanted
    this.#hooks.load(tile).then(
      () => {
        if (!isWanted()) return
        this.#wanted.delete(key)
        this.#hooks.came()
      },
      () => {
        if (!isWanted()) return
        const waitMs = Math.min(firstWaitMs * 2 ** wanted.nFailures++, longestWaitMs)
        wanted.waiting = setTimeout(() => this.#ask(tile, wanted), waitMs)
        this.#hooks.failed()
      },
    )
  }
}

function keyOf({ level, column, row }: Tile): string {
  return `${level} ${column} ${row}`
}

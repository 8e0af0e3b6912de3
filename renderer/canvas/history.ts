import type { TilePatch } from '#common/mask/tile-patch.ts'

/** A stroke as data: XOR tiles do it and take it back, so it costs what was touched and not the image. */
export interface PaintCommand {
  readonly kind: 'paint'
  readonly instance: number
  readonly tiles: readonly TilePatch[]
  readonly added: number
  readonly removed: number
}

export type Command = PaintCommand

/** Roughly what a tile takes in memory. */
const bytesPerTile = 600

/**
 * Undo and redo of one image. Commands go in and come out; who takes them applies them. Bounded by bytes: the oldest
 * commands fall out and can then only be undone after the image was opened again, from the journal.
 */
export class History {
  readonly #done: Command[]
  #undone: Command[]
  readonly #maxBytes: number
  #sizeBytes: number
  #nDropped = 0

  /**
   * @param done in force, the oldest first
   * @param undone that can be taken up again; the last one comes first
   */
  constructor(done: readonly Command[] = [], undone: readonly Command[] = [], maxBytes = 64 << 20) {
    this.#done = [...done]
    this.#undone = [...undone]
    this.#maxBytes = maxBytes
    this.#sizeBytes = sizeOf(done) + sizeOf(undone)
    this.#bound()
  }

  /** In force and kept in memory, the oldest first. */
  get done(): readonly Command[] {
    return this.#done
  }

  /** What can be taken up again; the last one comes first. */
  get undone(): readonly Command[] {
    return this.#undone
  }

  get canUndo(): boolean {
    return this.#done.length > 0
  }

  get canRedo(): boolean {
    return this.#undone.length > 0
  }

  /** Commands in force, those that fell out included. */
  get nDone(): number {
    return this.#done.length + this.#nDropped
  }

  /** Adds a command that was done; what could be taken up again is cut off. */
  push(command: Command): void {
    this.#sizeBytes += sizeOf([command]) - sizeOf(this.#undone)
    this.#undone = []
    this.#done.push(command)
    this.#bound()
  }

  /** The command to take back, which is now undone; null where there is none. */
  undo(): Command | null {
    const command = this.#done.pop() ?? null
    if (command !== null) this.#undone.push(command)
    return command
  }

  /** The command to do again, which is now done; null where there is none. */
  redo(): Command | null {
    const command = this.#undone.pop() ?? null
    if (command !== null) this.#done.push(command)
    return command
  }

  #bound(): void {
    while (this.#sizeBytes > this.#maxBytes && this.#done.length > 1) {
      this.#sizeBytes -= sizeOf(this.#done.splice(0, 1))
      this.#nDropped++
    }
  }
}

function sizeOf(commands: readonly Command[]): number {
  return commands.reduce((size, { tiles }) => size + tiles.length * bytesPerTile, 0)
}

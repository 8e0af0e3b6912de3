import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { EngineHandlers } from '#common/contract/index.ts'
import { Speed, type SpeedKey } from '#common/contract/procedures/runtimes.ts'
import { writeAside } from '#main/files/write-aside.ts'

const SpeedFile = z.object({ speeds: z.array(Speed) })

/** So many are remembered, those that were measured last. */
const maxSpeeds = 500
/** What a new measurement counts beside all before it: machines differ from hour to hour. */
const weight = 0.2
/** So long after a measurement it is on disk, ms. */
const saveAfterMs = 2000

/**
 * How long classifiers took on this machine, learned from what ran here: for telling how long something will take before
 * it began. Kept in one file of the user, which is nothing that cannot be done without: where it cannot be read or
 * written, it is learned anew.
 */
export class Speeds {
  readonly #file: string | null
  readonly #now: () => number
  readonly #speeds = new Map<string, Speed>()
  readonly #read: Promise<void>
  #saving: ReturnType<typeof setTimeout> | undefined
  #saved: Promise<void> = Promise.resolve()

  /** @param file null: they are kept while the program runs */
  constructor({ file, now }: { readonly file: string | null; readonly now: () => number }) {
    this.#file = file
    this.#now = now
    this.#read = this.#load()
  }

  /** @param secondsPerImage of a call that did nothing else */
  record(key: SpeedKey, secondsPerImage: number): void {
    if (!(secondsPerImage > 0 && Number.isFinite(secondsPerImage))) return
    const known = this.#speeds.get(nameOf(key))
    const seconds = known ? known.secondsPerImage + weight * (secondsPerImage - known.secondsPerImage) : secondsPerImage
    this.#speeds.delete(nameOf(key)) // to the end: the one that was measured last
    this.#speeds.set(nameOf(key), { ...key, secondsPerImage: seconds, measuredAt: this.#now() })
    this.#saving ??= setTimeout(() => this.#save(), saveAfterMs).unref()
  }

  /** null: it never ran here */
  async secondsPerImage(key: SpeedKey): Promise<number | null> {
    await this.#read
    return this.#speeds.get(nameOf(key))?.secondsPerImage ?? null
  }

  async list(): Promise<Speed[]> {
    await this.#read
    return [...this.#speeds.values()].reverse()
  }

  /** Writes what was learned last. */
  async dispose(): Promise<void> {
    if (this.#saving !== undefined) this.#save()
    await this.#saved
  }

  async #load(): Promise<void> {
    if (this.#file === null) return
    try {
      const { speeds } = SpeedFile.parse(JSON.parse(await readFile(this.#file, 'utf8')))
      for (const speed of speeds) if (!this.#speeds.has(nameOf(speed))) this.#speeds.set(nameOf(speed), speed)
    } catch {
      // there is none, or not one of ours
    }
  }

  #save(): void {
    clearTimeout(this.#saving)
    this.#saving = undefined
    const file = this.#file
    if (file === null) return
    this.#saved = this.#saved
      .then(() => this.#read)
      .then(async () => {
        const speeds = [...this.#speeds.values()].slice(-maxSpeeds)
        await mkdir(dirname(file), { recursive: true })
        await writeAside(file, `${JSON.stringify({ speeds }, null, 2)}\n`)
      })
      .catch(() => undefined)
  }
}

function nameOf({ sha256, runtime, work }: SpeedKey): string {
  return `${sha256} ${runtime} ${work}`
}

export function speedHandlers({ speeds }: { readonly speeds: Speeds }): Pick<EngineHandlers, 'runtime.speeds'> {
  return { 'runtime.speeds': async () => ({ speeds: await speeds.list() }) }
}

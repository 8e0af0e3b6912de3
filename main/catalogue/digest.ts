import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** What a file's content is known by. */
export interface Digest {
  readonly bytes: number
  /** hex */
  readonly md5: string
  /** hex */
  readonly sha256: string
}

/** Takes a file's content piece by piece. */
export class Digester {
  readonly #md5: Hash = createHash('md5')
  readonly #sha256: Hash = createHash('sha256')
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  add(chunk: Uint8Array): void {
    this.#md5.update(chunk)
    this.#sha256.update(chunk)
    this.#bytes += chunk.length
  }

  /** Takes what lies in a file. @throws what Node says where it cannot be read, or the abort's reason */
  async addFile(
    path: string,
    { signal, onBytes = () => undefined }: { readonly signal: AbortSignal; readonly onBytes?: (done: number) => void },
  ): Promise<void> {
    for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 })) {
      this.add(chunk as Buffer)
      onBytes(this.#bytes)
    }
  }

  /** To be asked for once, at the end. */
  digest(): Digest {
    return { bytes: this.#bytes, md5: this.#md5.digest('hex'), sha256: this.#sha256.digest('hex') }
  }
}

import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { userFolder } from '#main/files/user-folder.ts'
import { unwritable } from '#main/files/write-aside.ts'
import type { Constant } from '../graph.ts'
import type { WeightForm, Weights } from './kernels.ts'
import type { WeightStore } from './model-builder.ts'

interface StoredWeights {
  readonly file: string
  nUsers: number
}

/**
 * Large weights as files that ONNX Runtime maps into memory: they are in no heap, and networks of one model share them.
 * The files are this process's own and go with the networks that use them; what a killed process left behind is removed
 * by the next one.
 */
export class WeightFiles {
  readonly #parent: string
  #folder: string | undefined
  readonly #stored = new WeakMap<Constant, Map<WeightForm, StoredWeights>>()
  #nextFile = 0

  constructor(parent = join(userFolder(), 'weights')) {
    this.#parent = parent
  }

  /** A place for the weights of one network. @throws AppError 'file.unwritable', as `put` and `writeModel` */
  open(): NetworkWeights {
    const held = new Set<StoredWeights>()
    const folder = (this.#folder ??= this.#makeFolder())
    let modelFile: string | undefined
    return {
      put: (constant, form, weights) => {
        const stored = this.#store(constant, form, weights)
        if (!held.has(stored)) stored.nUsers++
        held.add(stored)
        return stored.file
      },
      writeModel: (bytes) => {
        modelFile = join(folder, `${this.#nextFile++}.onnx`)
        write(modelFile, [bytes])
        return modelFile
      },
      release: () => {
        if (modelFile !== undefined) rmSync(modelFile, { force: true })
        for (const stored of held) {
          if (--stored.nUsers === 0) rmSync(join(folder, stored.file), { force: true })
        }
        held.clear()
      },
    }
  }

  #store(constant: Constant, form: WeightForm, weights: Weights): StoredWeights {
    const forms = this.#stored.get(constant) ?? new Map<WeightForm, StoredWeights>()
    this.#stored.set(constant, forms)
    const known = forms.get(form)
    if (known !== undefined && known.nUsers > 0) return known
    const stored = { file: `${this.#nextFile++}.bin`, nUsers: 0 }
    write(join(this.#folder!, stored.file), bytesOf(weights.pieces()))
    forms.set(form, stored)
    return stored
  }

  #makeFolder(): string {
    removeAbandoned(this.#parent)
    try {
      mkdirSync(this.#parent, { recursive: true })
      const folder = mkdtempSync(join(this.#parent, `${process.pid}-`))
      process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
      return folder
    } catch (cause) {
      throw unwritable(this.#parent, cause)
    }
  }
}

/** The weights that one network uses. */
export interface NetworkWeights extends WeightStore {
  /** Writes the model beside its weights. @returns its path */
  writeModel(bytes: Uint8Array): string
  /** Removes what no other network uses. */
  release(): void
}

function* bytesOf(pieces: Iterable<Float32Array>): Generator<Uint8Array, undefined, undefined> {
  for (const { buffer, byteOffset, byteLength } of pieces) yield new Uint8Array(buffer, byteOffset, byteLength)
}

/** @throws AppError 'file.unwritable', or what reading the pieces throws; nothing is left behind then */
function write(path: string, pieces: Iterable<Uint8Array>): void {
  try {
    const file = openSync(path, 'wx')
    try {
      for (const bytes of pieces) {
        for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, Math.min(bytes.length - at, 1 << 26))
      }
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    rmSync(path, { force: true })
    throw cause instanceof AppError ? cause : unwritable(path, cause)
  }
}

/** Folders begin with the id of the process that made them. */
function removeAbandoned(parent: string): void {
  let names: string[]
  try {
    names = readdirSync(parent)
  } catch {
    return // there is none yet
  }
  for (const name of names) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1])
    if (Number.isInteger(pid) && !isAlive(pid)) {
      rmSync(join(parent, name), { recursive: true, force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

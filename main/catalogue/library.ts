import type { Stats } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import type {
  CatalogueEntry,
  CatalogueRow,
  CatalogueState,
  TransferProgress,
} from '#common/contract/procedures/catalogue.ts'
import { architectureOf } from '#main/classifiers/architectures/known-architectures.ts'
import { regularFile } from '#main/files/regular-file.ts'
import { unwritable } from '#main/files/write-aside.ts'
import { catalogue, urlOf as catalogueUrlOf } from './catalogue.ts'
import { Digester, type Digest } from './digest.ts'
import { download, type Patience } from './download.ts'
import { takeExclusively } from './exclusive.ts'
import { partPath, removePart } from './part-file.ts'
import { readRecord, removeRecord, writeRecord, type LibraryRecord } from './record.ts'
import { TransferMeter } from './transfer-meter.ts'
import { isContentKnown, verifyContent, type VerifiedBy } from './verify.ts'

interface LibraryOptions {
  /** where downloads go; made when it is needed */
  readonly folder: string
  readonly entries?: readonly CatalogueEntry[]
  /** asked each time, so that a wrong setting hinders nothing else */
  readonly urlOf?: (entry: CatalogueEntry) => URL
  readonly patience?: Patience
}

interface Context {
  readonly signal: AbortSignal
  readonly emit: (progress: TransferProgress) => void
}

/**
 * The models folder: what there is of the catalogue's weights on this machine. A file counts once it was verified, which
 * is noted beside it (`ID.json`) with its size and time, so that a listing need not read it.
 */
export class ModelLibrary {
  readonly #folder: string
  readonly #entries: readonly CatalogueEntry[]
  readonly #urlOf: (entry: CatalogueEntry) => URL
  readonly #patience: Patience | undefined
  readonly #underWay = new Set<string>()

  constructor({ folder, entries = catalogue, urlOf = catalogueUrlOf, patience }: LibraryOptions) {
    this.#folder = folder
    this.#entries = entries
    this.#urlOf = urlOf
    this.#patience = patience
  }

  get folder(): string {
    return this.#folder
  }

  /** Looks at names, sizes and times of files only. */
  async list(): Promise<CatalogueRow[]> {
    return Promise.all(this.#entries.map((entry) => this.#row(entry)))
  }

  /** @throws see the contract */
  async download(id: string, { signal, emit }: Context): Promise<CatalogueRow> {
    const entry = this.#entry(id)
    const meter = new TransferMeter(emit)
    await this.#alone(entry, async () => {
      if (await this.#isThereAlready(entry, { signal, meter })) return
      const path = this.#ownPath(entry)
      const url = this.#urlOf(entry)
      let verifiedBy: VerifiedBy = 'hash'
      const { sha256 } = await download(
        {
          url,
          path,
          bytes: entry.bytes,
          isContentKnown: isContentKnown(entry),
          verify: async (part, digest) => {
            verifiedBy = await verifyContent({ path: part, name: url.href }, digest, entry)
          },
        },
        {
          signal,
          onProgress: (step, done, total) => meter.report(step, done, total),
          ...(this.#patience === undefined ? {} : { patience: this.#patience }),
        },
      )
      await this.#note(entry, { path, found: await stat(path), sha256, verifiedBy })
    })
    return this.#row(entry)
  }

  /** @throws see the contract */
  async add(id: string | null, path: string, { signal, emit }: Context): Promise<CatalogueRow> {
    const asked = id === null ? null : this.#entry(id)
    const file = resolve(path)
    const found = await regularFile(file)
    const digest = await digestOf(file, { signal, found, meter: new TransferMeter(emit) })
    const entry = asked ?? (await this.#entryOf(file, digest))
    await this.#alone(entry, async () => {
      const verifiedBy = await verifyContent({ path: file, name: file }, digest, entry)
      await this.#note(entry, { path: file, found, sha256: digest.sha256, verifiedBy })
    })
    return this.#row(entry)
  }

  /** @throws see the contract */
  async remove(id: string): Promise<CatalogueRow> {
    const entry = this.#entry(id)
    const own = this.#ownPath(entry)
    await this.#alone(entry, async () => {
      try {
        await removeRecord(this.#recordPath(entry))
        await removePart(partPath(own))
        await rm(own, { force: true })
      } catch (cause) {
        throw unwritable(own, cause)
      }
    })
    return this.#row(entry)
  }

  async #row(entry: CatalogueEntry): Promise<CatalogueRow> {
    const ofEvery = { url: this.#urlOf(entry).href, state: await this.#state(entry) }
    if (entry.purpose === 'detecting') return { ...entry, ...ofEvery }
    const { preprocess, layer } = architectureOf(entry.architecture.name)
    return { ...entry, ...ofEvery, preprocess, layer }
  }

  async #state(entry: CatalogueEntry): Promise<CatalogueState> {
    const own = this.#ownPath(entry)
    const part = await statOf(partPath(own))
    const isUnderWay = this.#underWay.has(entry.id)
    if (isUnderWay && part) return { kind: 'partial', bytes: part.size, isUnderWay }
    const record = await readRecord(this.#recordPath(entry))
    const path = record?.path ?? own
    const found = await statOf(path)
    if (record && found && isUnchanged(record, found)) {
      const { bytes, sha256, verifiedBy } = record
      return { kind: 'present', path, bytes, sha256, verifiedBy, isOwn: path === own }
    }
    if (found) return { kind: 'bad', path, reason: record ? 'changed' : 'unverified' }
    if (path !== own) return { kind: 'bad', path, reason: 'missing' }
    return part || isUnderWay ? { kind: 'partial', bytes: part?.size ?? 0, isUnderWay } : { kind: 'absent' }
  }

  /** Whether the file that is known, or one that lies under the right name, is the right one; notes it then. */
  async #isThereAlready(
    entry: CatalogueEntry,
    { signal, meter }: { readonly signal: AbortSignal; readonly meter: TransferMeter },
  ): Promise<boolean> {
    const record = await readRecord(this.#recordPath(entry))
    for (const path of new Set([record?.path ?? this.#ownPath(entry), this.#ownPath(entry)])) {
      const found = await statOf(path)
      if (!found?.isFile()) continue
      const digest = await digestOf(path, { signal, found, meter })
      try {
        const verifiedBy = await verifyContent({ path, name: path }, digest, entry)
        await this.#note(entry, { path, found, sha256: digest.sha256, verifiedBy })
        return true
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'catalogue.differs') throw error
      }
    }
    return false
  }

  /** The entry whose file this is. @throws AppError 'catalogue.differs' */
  async #entryOf(path: string, digest: Digest): Promise<CatalogueEntry> {
    const byHash = this.#entries.filter(isContentKnown)
    const byStructure = this.#entries.filter((entry) => !isContentKnown(entry))
    for (const entry of [...byHash, ...byStructure]) {
      const isIt = await verifyContent({ path, name: path }, digest, entry).then(
        () => true,
        () => false,
      )
      if (isIt) return entry
    }
    throw new AppError('catalogue.differs', `${path} is none of the catalogue’s files: its MD5 is ${digest.md5}.`, {
      hint: 'Models that are not in the catalogue are opened by their path, without being added.',
      data: { path, ...digest },
    })
  }

  /** @param found what the file looked like before it was read: a change since then is seen */
  async #note(
    entry: CatalogueEntry,
    {
      path,
      found,
      sha256,
      verifiedBy,
    }: Pick<LibraryRecord, 'path' | 'sha256' | 'verifiedBy'> & { readonly found: Stats },
  ): Promise<void> {
    const { size: bytes, mtimeMs } = found
    await writeRecord(this.#recordPath(entry), { path, bytes, mtimeMs, sha256, verifiedBy })
  }

  /** Does work on an entry's files that no other process does at the same time. @throws AppError 'download.busy' */
  async #alone(entry: CatalogueEntry, work: () => Promise<void>): Promise<void> {
    await mkdir(this.#folder, { recursive: true }).catch((cause: unknown) => {
      throw unwritable(this.#folder, cause)
    })
    const release = takeExclusively(join(this.#folder, `.${entry.id}.lock`))
    if (release === null) throw busy(entry)
    this.#underWay.add(entry.id)
    try {
      await work()
    } finally {
      this.#underWay.delete(entry.id)
      release()
    }
  }

  #entry(id: string): CatalogueEntry {
    const entry = this.#entries.find((known) => known.id === id)
    if (entry) return entry
    throw new AppError('catalogue.unknown', `the catalogue has no “${id}”`, {
      hint: `It has ${this.#entries.map((known) => known.id).join(', ')}.`,
      data: { id },
    })
  }

  #ownPath({ file }: CatalogueEntry): string {
    return join(this.#folder, basename(file))
  }

  #recordPath({ id }: CatalogueEntry): string {
    return join(this.#folder, `${id}.json`)
  }
}

function isUnchanged({ bytes, mtimeMs }: LibraryRecord, found: Stats): boolean {
  return found.isFile() && found.size === bytes && found.mtimeMs === mtimeMs
}

async function statOf(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null)
}

/** @throws AppError 'file.unreadable', 'aborted' */
async function digestOf(
  path: string,
  { signal, found, meter }: { readonly signal: AbortSignal; readonly found: Stats; readonly meter: TransferMeter },
): Promise<Digest> {
  const digester = new Digester()
  try {
    await digester.addFile(path, { signal, onBytes: (done) => meter.report('verifying', done, found.size) })
  } catch (cause) {
    if (signal.aborted) throw new AppError('aborted', 'the verification was stopped', { cause })
    throw new AppError('file.unreadable', `${path} cannot be read: ${(cause as Error).message}`, {
      data: { path },
      cause,
    })
  }
  return digester.digest()
}

function busy({ id }: CatalogueEntry): AppError {
  return new AppError('download.busy', `${id} is being downloaded or changed by another window or command`, {
    hint: 'Nothing was changed. Wait for it, or stop it there.',
    data: { id },
  })
}

import { stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { listFiles } from '#main/files/list-images.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { readDataYaml, readNameList, type DataFile } from './data-file.ts'
import type { PlacelessDefect } from '../defects.ts'

/** The lines of a photo's label file, or why they cannot be read. */
export type LabelReading = { readonly lines: readonly string[] } | { readonly defect: PlacelessDefect }

/** A file inside a folder: it is not opened where a link leads out of it. */
interface Place {
  readonly folder: string
  readonly name: string
}

/** Far more than all outlines of a photo take. */
const maxBytes = 1 << 28

const noData: DataFile = { names: new Map(), splitOf: () => null }

/** The labels of a dataset, and what its own file says. */
export class LabelFiles {
  readonly data: DataFile
  readonly #imagesDir: string
  /** The folder of labels, or that of data.yaml. */
  readonly #root: string
  readonly #hasYaml: boolean

  /**
   * @param annotations data.yaml, or the folder of the labels, whose names of classes may lie in it or beside it
   * @throws AppError 'file.missing'; as `readDataYaml`
   */
  static async open(annotations: string, imagesDir: string): Promise<LabelFiles> {
    const path = resolve(annotations)
    const found = await stat(path).catch(() => null)
    if (found?.isDirectory() !== true) return new LabelFiles(await readDataYaml(path), imagesDir, dirname(path), true)
    return new LabelFiles(await findData(path), imagesDir, path, false)
  }

  private constructor(data: DataFile, imagesDir: string, root: string, hasYaml: boolean) {
    this.data = data
    this.#imagesDir = resolve(imagesDir)
    this.#root = root
    this.#hasYaml = hasYaml
  }

  /** The path of a photo's label file; null where it has none, which is no defect: nothing is on such photos. */
  async find(photo: string): Promise<string | { readonly defect: PlacelessDefect } | null> {
    try {
      for (const { folder, name } of this.#places(`${photo.replace(/\.[^./]+$/, '')}.txt`)) {
        const path = await resolveInside(folder, name).catch((error: unknown) => {
          if (error instanceof AppError && error.code === 'file.missing') return null
          throw error
        })
        if (path !== null && (await isFile(path))) return path
      }
      return null
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'path.outside') throw error
      return { defect: { kind: 'path-outside', action: 'refused' } }
    }
  }

  /** The text files below the folder of labels, by their names there; those that links lead out to are left out. */
  async list(): Promise<ReadonlyMap<string, string>> {
    const folder = this.#hasYaml ? join(this.#root, 'labels') : this.#root
    const isFolder = await stat(folder).then(
      (state) => state.isDirectory(),
      () => false,
    )
    const paths = new Map<string, string>()
    for (const name of isFolder ? await listFiles(folder, new Set(['.txt'])) : []) {
      const path = await resolveInside(folder, name).catch(nullIfOutside)
      if (path !== null) paths.set(name, path)
    }
    return paths
  }

  /** Where a photo's label file may be, the first that is there counts. @param file the photo's, ending in .txt */
  #places(file: string): readonly Place[] {
    const [root, imagesDir] = [this.#root, this.#imagesDir]
    const mirrored = [labelsFor(file), behindImages(file), file, join('labels', file)].filter((name) => name !== null)
    const inRoot = mirrored.map((name) => ({ folder: root, name }))
    if (!this.#hasYaml) return inRoot
    const fromRoot = relative(root, join(imagesDir, file)).replaceAll('\\', '/')
    const isBelow = fromRoot !== '..' && !fromRoot.startsWith('../')
    const below = isBelow ? [labelsFor(fromRoot), fromRoot].filter((name) => name !== null) : []
    const folder = labelsFor(`${imagesDir.replaceAll('\\', '/')}/`)
    return [
      ...below.map((name) => ({ folder: root, name })),
      ...inRoot,
      ...(folder === null ? [] : [{ folder, name: file }]),
      ...[labelsFor(file), file].flatMap((name) => (name === null ? [] : [{ folder: imagesDir, name }])),
    ]
  }
}

function nullIfOutside(error: unknown): null {
  if (error instanceof AppError && error.code === 'path.outside') return null
  throw error
}

/** Reads a label file. Never throws for what it holds. */
export async function readLabels(path: string): Promise<LabelReading> {
  try {
    const bytes = await readBytes(path, { maxBytes, code: 'import.format' })
    return { lines: new TextDecoder().decode(bytes).split('\n') }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { defect: { kind: 'record-invalid', action: 'refused', reason: error.message.replace(/\.$/, '') } }
  }
}

/** A path with the last folder `images` replaced by `labels`; null where there is none. */
export function labelsFor(path: string): string | null {
  const parts = path.split('/')
  const at = parts.slice(0, -1).lastIndexOf('images')
  return at < 0 ? null : parts.with(at, 'labels').join('/')
}

/** What of a path lies in the last folder `images`. */
function behindImages(path: string): string | null {
  const parts = path.split('/')
  const at = parts.slice(0, -1).lastIndexOf('images')
  return at < 0 ? null : parts.slice(at + 1).join('/')
}

/** Names of classes as programs put them into the folder of labels, or beside it. */
async function findData(folder: string): Promise<DataFile> {
  for (const place of [folder, dirname(folder)]) {
    for (const name of ['data.yaml', 'data.yml', 'dataset.yaml', 'classes.txt', 'obj.names']) {
      const path = join(place, name)
      if (await isFile(path)) return name.includes('.y') ? readDataYaml(path) : readNameList(path)
    }
  }
  return noData
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (state) => state.isFile(),
    () => false,
  )
}

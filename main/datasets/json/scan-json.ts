import { AppError } from '#common/contract/errors.ts'
import { ByteWindow } from './byte-window.ts'
import { closeBrace, closeBracket, colon, comma, openBrace, openBracket, quote } from './bytes.ts'

/** One element of an array that stands at the top level of a JSON file. */
export interface JsonElement {
  /** The array's key; '' where the file itself is the array. */
  readonly key: string
  /** Which element of its array, from 0. */
  readonly index: number
  readonly value: unknown
}

/** What a scan looks for and reports to. */
export interface JsonScan {
  /** What the file must be: an object that holds the wanted arrays, or one array. */
  readonly root: 'object' | 'array'
  /** Keys whose arrays are read; everything else is skipped unread. Without meaning where the root is an array. */
  readonly wanted: readonly string[]
  /** Keys that must be there. */
  readonly required: readonly string[]
  /** What the file should be, for messages: "a COCO annotation file". */
  readonly what: string
  readonly signal: AbortSignal
  /** Called after every piece that was read. */
  readonly onBytes?: (done: number, total: number) => void
}

/** Enough for a batch to cost nothing, little enough for its values not to be felt. */
const batchBytes = 1 << 18

/**
 * Reads the elements of a JSON file's top-level arrays one piece of the file at a time: memory does not grow with it.
 * Each element is cut out by its brackets and parsed on its own; of what is not wanted only the brackets are looked at.
 * @returns the elements in the file's order, in batches of about 256 KiB of text
 * @throws AppError 'json.format' for a cut or otherwise unusable file, with the byte where it went wrong;
 * 'file.missing', 'file.unreadable', 'aborted'
 */
export async function* scanJson(path: string, scan: JsonScan): AsyncGenerator<readonly JsonElement[]> {
  const window = await ByteWindow.open(path, scan)
  try {
    const first = await window.peek()
    if (first === -1) throw window.broken(`it is empty; ${scan.what} was expected`)
    const root = first === openBrace ? 'object' : first === openBracket ? 'array' : null
    if (root === null) throw window.broken(`it is not JSON; ${scan.what} was expected`)
    if (root !== scan.root) {
      const names = { object: 'a JSON object { … }', array: 'a JSON list [ … ]' }
      throw window.broken(`it is ${names[root]}, and ${scan.what} is ${names[scan.root]}`)
    }
    if (root === 'array') yield* elements(window, '')
    else yield* arraysOfObject(window, scan)
    if ((await window.peek()) !== -1) throw window.broken('something follows after its end')
  } finally {
    await window.dispose()
  }
}

async function* arraysOfObject(window: ByteWindow, scan: JsonScan): AsyncGenerator<readonly JsonElement[]> {
  const missing = new Set(scan.required)
  for await (const key of keys(window)) {
    missing.delete(key)
    const isArray = (await window.peek()) === openBracket
    if (!scan.wanted.includes(key)) await window.skipValue({ key })
    else if (isArray) yield* elements(window, key)
    else throw window.broken(`its “${key}” is not a list`)
  }
  if (missing.size === 0) return
  const names = [...missing].map((key) => `“${key}”`).join(' and ')
  throw new AppError('json.format', `${window.path} has no ${names}; ${scan.what} was expected`, {
    data: { path: window.path, missing: [...missing] },
  })
}

/** The keys of the object that begins at the position; whoever asks for the next one has passed the key's value. */
async function* keys(window: ByteWindow): AsyncGenerator<string> {
  window.skipByte()
  let isLast = (await window.peek()) === closeBrace
  while (!isLast) {
    if ((await window.peek()) !== quote) throw window.unexpected('a key in quotes')
    const key = String(await window.parseValue({ key: '' }))
    if ((await window.peek()) !== colon) throw window.unexpected(': after a key')
    window.skipByte()
    yield key
    const byte = await window.peek()
    isLast = byte === closeBrace
    if (byte === comma) window.skipByte()
    else if (!isLast) throw window.unexpected(', or } after a value', { key })
  }
  window.skipByte()
}

async function* elements(window: ByteWindow, key: string): AsyncGenerator<readonly JsonElement[]> {
  let batch: JsonElement[] = []
  let batchStart = window.byte
  let index = 0
  window.skipByte()
  let isLast = (await window.peek()) === closeBracket
  while (!isLast) {
    batch.push({ key, index, value: await window.parseValue({ key, index }) })
    index++
    if (window.byte - batchStart > batchBytes) {
      yield batch
      batch = []
      batchStart = window.byte
    }
    const byte = await window.peek()
    isLast = byte === closeBracket
    if (byte === comma) window.skipByte()
    else if (!isLast) throw window.unexpected(', or ]', { key, index })
  }
  window.skipByte()
  if (batch.length > 0) yield batch
}

import { createReadStream } from 'node:fs'
import sax, { type SAXParser } from 'sax'
import { AppError } from '#common/contract/errors.ts'
import { readingError, regularFile } from '#main/files/regular-file.ts'
import { checkAborted } from '../dataset.ts'
import type { XmlElement } from './elements.ts'

/** Far above what annotation files nest. */
const maxDepth = 16
/** Characters of one element of the root with all that is in it; a photo’s largest annotations have some millions. */
const maxLength = 1 << 25
/** Elements in one element of the root. */
const maxElements = 1 << 20

const entities = { amp: '&', gt: '>', lt: '<', quot: '"', apos: "'" }

/** An element while it is read. */
interface OpenElement {
  readonly name: string
  readonly attributes: Record<string, string>
  readonly children: XmlElement[]
  text: string
}

/**
 * Reads an XML file one element of its root at a time, so that memory goes with the largest of them. The file is taken
 * as hostile: no entities but XML's own five, no document type, limits to size, depth and number.
 * @returns the root's name first, as an element without children, then the elements in it
 * @throws AppError 'import.format' where it is no such file; 'file.missing', 'file.unreadable', 'aborted'
 */
export async function* readElements(path: string, signal: AbortSignal): AsyncGenerator<XmlElement> {
  await regularFile(path)
  const reader = new ElementReader(path)
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 16 })) {
      checkAborted(signal)
      yield* reader.take(chunk as string)
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw readingError(path, error)
  }
  yield* reader.end()
}

class ElementReader {
  readonly #path: string
  readonly #parser = sax.parser(true)
  readonly #open: OpenElement[] = []
  #done: XmlElement[] = []
  #hasRoot = false
  #nElements = 0
  /** where the element of the root began that is being read */
  #from = 0
  #problem: string | null = null

  constructor(path: string) {
    this.#path = path
    const parser = this.#parser as SAXParser & { bufferCheckPosition: number }
    // the parser's own limit, 64 kB, is less than a mask may need; `maxLength` is ours
    parser.bufferCheckPosition = Infinity
    parser.ENTITIES = entities
    parser.onerror = ({ message }) => this.#fail(message.split('\n')[0]!.replace(/\.$/, ''))
    parser.ondoctype = () => this.#fail('it has a document type, which is not read')
    parser.onopentag = ({ name, attributes }) => this.#start(name, attributes as Record<string, string>)
    parser.ontext = (text) => this.#addText(text)
    parser.oncdata = (text) => this.#addText(text)
    parser.onclosetag = () => this.#finish()
  }

  take(text: string): XmlElement[] {
    try {
      this.#parser.write(text)
    } catch (error) {
      this.#fail((error as Error).message.split('\n')[0]!)
    }
    if (this.#parser.position - this.#from > maxLength) {
      this.#fail(`an element in it is longer than ${maxLength} characters`)
    }
    if (this.#problem !== null) throw this.#formatError(this.#problem)
    const done = this.#done
    this.#done = []
    return done
  }

  end(): XmlElement[] {
    if (!this.#hasRoot || this.#open.length > 0) throw this.#formatError('it ends in the middle')
    return this.take('')
  }

  #start(name: string, attributes: Record<string, string>): void {
    if (this.#problem !== null) return
    if (this.#open.length === 0) {
      this.#hasRoot = true
      this.#done.push({ name, attributes: { ...attributes }, children: [], text: '' })
    }
    if (this.#open.length <= 1) [this.#from, this.#nElements] = [this.#parser.startTagPosition, 0]
    if (this.#open.length >= maxDepth) this.#fail(`it nests deeper than ${maxDepth} levels`)
    if (++this.#nElements > maxElements) this.#fail(`an element in it has more than ${maxElements} others`)
    this.#open.push({ name, attributes: { ...attributes }, children: [], text: '' })
  }

  #addText(text: string): void {
    const open = this.#open.at(-1)
    // text of the root belongs to nothing
    if (open !== undefined && this.#open.length > 1) open.text += text
  }

  #finish(): void {
    const open = this.#open.pop()
    if (open === undefined || this.#problem !== null) return
    const done = { ...open, text: open.text.trim() }
    const parent = this.#open.at(-1)
    if (parent === undefined) return
    if (this.#open.length > 1) parent.children.push(done)
    else {
      this.#done.push(done)
      this.#from = this.#parser.position
    }
  }

  /** The first problem counts: what follows comes of it. */
  #fail(problem: string): void {
    this.#problem ??= `line ${this.#parser.line + 1}: ${problem}`
  }

  #formatError(problem: string): AppError {
    return new AppError('import.format', `${this.#path} is no usable XML file (${problem})`, {
      hint: 'Nothing was imported. Export it again from the program that wrote it.',
      data: { path: this.#path },
    })
  }
}

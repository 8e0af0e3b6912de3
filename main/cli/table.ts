import { printable } from './printable.ts'

/** What a cell of a table may be; null: there is no value. */
export type Cell = string | number | boolean | null

const nothing = '–'
const gap = '  '

/** A share or a score for people: three decimals, a dash where it is undefined. */
export function decimal(value: number | null, digits = 3): string {
  return value === null ? nothing : value.toFixed(digits)
}

/** A count with its noun: `1 image`, `2,000 images`. */
export function counted(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`
}

/** Lines of `name  value`, values under each other. */
export function pairs(entries: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(width)}${gap}${printable(value)}`)
}

/** A table whose column widths are those of the first rows, so that it can be printed row by row. */
export class TextTable {
  readonly #titles: readonly string[]
  #columns: readonly { readonly width: number; readonly isNumeric: boolean }[] | undefined

  constructor(titles: readonly string[]) {
    this.#titles = titles
  }

  /** The next rows as lines; before the first ones the titles. */
  lines(rows: readonly (readonly Cell[])[]): string[] {
    const texts = rows.map((row) => row.map(cellText))
    if (this.#columns) return texts.map((row) => this.#line(row))
    this.#columns = this.#titles.map((title, i) => ({
      width: Math.max(title.length, ...texts.map((row) => row[i]!.length)),
      isNumeric: rows.length > 0 && rows.every((row) => isNumeric(row[i]!)),
    }))
    return [this.#titles, ...texts].map((row) => this.#line(row))
  }

  #line(row: readonly string[]): string {
    const cells = row.map((text, i) => {
      const { width, isNumeric } = this.#columns![i]!
      return isNumeric ? text.padStart(width) : text.padEnd(width)
    })
    return cells.join(gap).trimEnd()
  }
}

function cellText(cell: Cell): string {
  if (cell === null || cell === '') return nothing
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no'
  return typeof cell === 'number' ? cell.toLocaleString('en', { maximumFractionDigits: 3 }) : printable(cell)
}

function isNumeric(cell: Cell): boolean {
  return cell === null || typeof cell === 'number' || /^(–|-?\d+(\.\d+)?)$/.test(String(cell))
}

/** Counts by name in words; of those that are 0 only `new` is told. */
export function countWords(counts: Readonly<Record<string, number>>): string {
  const shown = Object.entries(counts).filter(([name, n]) => n > 0 || name === 'new')
  return shown.map(([name, n]) => `${n.toLocaleString('en')} ${name}`).join(', ')
}

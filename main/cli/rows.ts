import type { Output } from './output.ts'
import { TextTable, type Cell } from './table.ts'

/** Name of a column and its cell of a row. */
type Columns<Row> = readonly (readonly [string, (row: Row) => Cell])[]

/** How rows of one kind are printed. */
export interface RowLayout<Row> {
  /** key of the array in the JSON document */
  readonly key: string
  /** makes what turns page after page into lines for people */
  readonly text: () => (rows: readonly Row[]) => readonly string[]
  /** columns of the CSV: name and value, unrounded; left out where there is no CSV */
  readonly csv?: Columns<Row>
  /** more of the JSON document, behind the rows */
  readonly rest?: () => object
}

/**
 * Prints rows page by page in the output's format, as one document, one object a line, CSV or a table. Stops asking for
 * pages when nobody reads any more.
 * @returns how many rows there were
 */
export async function printRows<Row extends object>(
  output: Output,
  pages: AsyncIterable<readonly Row[]>,
  layout: RowLayout<Row>,
): Promise<number> {
  const printer = printers[output.format](layout as unknown as RowLayout<object>)
  let n = 0
  // with the first page: where that fails, nothing is printed
  let head = printer.head
  for await (const page of pages) {
    await output.write(head + printer.page(page, n === 0))
    head = ''
    n += page.length
    if (output.isClosed) return n
  }
  await output.write(head + printer.tail())
  return n
}

/** The text of a layout as a table with these columns. */
export function tableOf<Row>(columns: Columns<Row>): RowLayout<Row>['text'] {
  return () => {
    const table = new TextTable(columns.map(([title]) => title))
    return (rows) => table.lines(rows.map((row) => columns.map(([, value]) => value(row))))
  }
}

/** One line of a CSV: quoted where it must be, null as nothing, numbers unrounded (RFC 4180 but for the line end). */
export function csvLine(cells: readonly Cell[]): string {
  const texts = cells.map((cell) => (cell === null ? '' : String(cell)))
  return `${texts.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}\n`
}

interface Printer {
  readonly head: string
  page(rows: readonly object[], isFirst: boolean): string
  tail(): string
}

const printers: Readonly<Record<Output['format'], (layout: RowLayout<object>) => Printer>> = {
  json: ({ key, rest = () => ({}) }) => ({
    head: `{\n${JSON.stringify(key)}: [`,
    page: (rows, isFirst) => rows.map((row, i) => `${isFirst && i === 0 ? '' : ','}\n${JSON.stringify(row)}`).join(''),
    tail: () =>
      `\n]${Object.entries(rest())
        .map(([name, value]) => `,\n${JSON.stringify(name)}: ${JSON.stringify(value)}`)
        .join('')}\n}\n`,
  }),
  jsonl: () => ({
    head: '',
    page: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    tail: () => '',
  }),
  csv: ({ csv = [] }) => ({
    head: csvLine(csv.map(([name]) => name)),
    page: (rows) => rows.map((row) => csvLine(csv.map(([, value]) => value(row)))).join(''),
    tail: () => '',
  }),
  text: ({ text }) => {
    const lines = text()
    const page = (rows: readonly object[]): string => (rows.length === 0 ? '' : `${lines(rows).join('\n')}\n`)
    return { head: '', page, tail: () => '' }
  },
}

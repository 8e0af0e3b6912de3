import { AppError } from '../contract/errors.ts'

/**
 * Splits comma-separated text as RFC 4180 has it: fields in double quotes may hold commas, line ends and doubled
 * quotes. A byte order mark is skipped, lines end with CRLF, LF or CR, empty lines are left out. Fields are not trimmed.
 * @returns records of fields, in order; records may differ in length
 * @throws AppError 'import.format' (a quote that is not closed, text behind a closing quote), with the line
 */
export function parseCsv(text: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  for (;;) {
    const isQuoted = text[at] === '"'
    const end = isQuoted ? quotedEnd(text, at) : plainEnd(text, at)
    record.push(isQuoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end))
    at = end + 1
    if (text[end] === ',') continue
    if (record.length > 1 || record[0] !== '' || isQuoted) records.push(record)
    if (end >= text.length) return records
    record = []
    if (text[end] === '\r' && text[at] === '\n') at++
  }
}

function plainEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && !isFieldEnd(text[end]!)) end++
  return end
}

/** Index behind the closing quote of the field that opens at `start`. */
function quotedEnd(text: string, start: number): number {
  let end = start
  do {
    const quote = text.indexOf('"', end + 1)
    if (quote < 0) throw csvError(text, start, 'opens a quote that is not closed')
    end = quote + 1
  } while (text[end] === '"')
  if (end < text.length && !isFieldEnd(text[end]!)) throw csvError(text, end, 'has text behind a closing quote')
  return end
}

function isFieldEnd(character: string): boolean {
  return character === ',' || character === '\n' || character === '\r'
}

function csvError(text: string, at: number, problem: string): AppError {
  const line = text.slice(0, at).split(/\r\n|\n|\r/).length
  return new AppError('import.format', `Line ${line} of the CSV ${problem}.`, { data: { line } })
}

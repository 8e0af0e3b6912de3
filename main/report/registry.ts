import { AppError } from '#common/contract/errors.ts'
import type { ReportFormat } from './document.ts'
import { html } from './html.ts'
import { json } from './json.ts'

/** The kinds of file that a report can be; a new one is a file and a line here. */
const reportFormats: readonly ReportFormat[] = [html, json]

const endings = reportFormats.map(({ ending }) => ending)

/**
 * The format that the name of an output file asks for by its ending.
 * @throws AppError 'request.usage' naming those there are
 */
export function reportFormatOf(path: string): ReportFormat {
  const name = path.toLowerCase()
  const format = reportFormats.find(({ ending }) => name.endsWith(ending))
  if (format) return format
  throw new AppError('request.usage', `the name ${path} does not say what kind of report it is to be`, {
    hint: `Let it end in ${endings.join(' or ')}.`,
    data: { path },
  })
}

import { AppError } from '../contract/errors.ts'
import { parseCsv } from './csv.ts'

/** What a classifier answered for an image, by a table. */
export interface TabledPrediction {
  readonly label: string
  /** 0…1; null where the table does not say */
  readonly probability: number | null
}

/**
 * Reads a table of a classifier's answers: columns `image`, `label` and maybe `probability` (any case, any order, others
 * are ignored).
 * @param text comma-separated, RFC 4180
 * @returns by image name, names as they stand there
 * @throws AppError 'import.format' (a column is missing; a row without image or label; a probability outside 0…1; two
 *   rows for one image)
 */
export function parsePredictionCsv(text: string): Map<string, TabledPrediction> {
  const [head = [], ...rows] = parseCsv(text)
  const names = head.map((name) => name.trim().toLowerCase())
  const [imageAt, labelAt, probabilityAt] = ['image', 'label', 'probability'].map((name) => names.indexOf(name)) as [
    number,
    number,
    number,
  ]
  if (imageAt < 0 || labelAt < 0) {
    throw new AppError(
      'import.format',
      `The table of predictions has the columns ${head.join(', ')}; image and label are needed.`,
    )
  }
  const predictions = new Map<string, TabledPrediction>()
  rows.forEach((row, i) => {
    const [image, label] = [row[imageAt]?.trim() ?? '', row[labelAt]?.trim() ?? '']
    if (image === '' || label === '') throw rowError(i, 'lacks its image or its label')
    if (predictions.has(image)) throw rowError(i, `names ${image}, which has a row already`)
    predictions.set(image, { label, probability: parseProbability(row[probabilityAt]?.trim() ?? '', i) })
  })
  return predictions
}

function parseProbability(text: string, row: number): number | null {
  if (text === '') return null
  const probability = Number(text)
  if (probability >= 0 && probability <= 1) return probability
  throw rowError(row, `has the probability “${text}”, which is no number from 0 to 1`)
}

function rowError(index: number, problem: string): AppError {
  return new AppError('import.format', `Row ${index + 2} of the table of predictions ${problem}.`)
}

import { AppError } from '../contract/errors.ts'
import { parseCsv } from './csv.ts'
import { singularName } from './singular.ts'

/** Where an image's class comes from. */
export type LabelRule =
  | { readonly kind: 'folder' }
  | { readonly kind: 'filename' }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'category' }
  | { readonly kind: 'csv'; readonly file: string }

/** The part of a dataset an image belongs to. */
export type Split = 'train' | 'validation' | 'test'

const splits: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
}

/** Folders that say nothing about what is in the picture. */
const containers = new Set(['data', 'image', 'images', 'img', 'imgs', 'jpegimages', 'photo', 'photos', 'pictures'])

/** What cameras, phones and datasets call every file. */
const fileWords = new Set(
  'cam dsc dscf dscn file frame gopr image images img p photo pic picture pxl sample scan screenshot vid'.split(' '),
)

/**
 * Reads `folder`, `filename`, `category`, `field:NAME` or `csv:FILE`.
 * @throws AppError 'request.usage'
 */
export function parseLabelRule(text: string): LabelRule {
  if (text === 'folder' || text === 'filename' || text === 'category') return { kind: text }
  const [, kind, value] = /^(field|csv):(.+)$/s.exec(text) ?? []
  if (kind === 'field') return { kind, name: value! }
  if (kind === 'csv') return { kind, file: value! }
  throw new AppError('request.usage', `“${text}” says nothing about where labels come from.`, {
    hint: 'Use folder, filename, category, field:NAME or csv:FILE.',
    data: { text },
  })
}

/**
 * The label of an image in a folder of its class: the folder's name in the singular (`train/cats/7.jpg` → "cat").
 * @param file path of the image within the dataset, with `/` or `\`
 * @returns null where it lies in no folder, or in one that is a split or a mere container (`train`, `images`)
 */
export function labelFromFolder(file: string): string | null {
  const folder = segments(file).at(-2)?.trim()
  if (folder === undefined || folder === '' || folder === '.' || folder === '..') return null
  const folded = folder.toLowerCase()
  return Object.hasOwn(splits, folded) || containers.has(folded) ? null : singularName(folder)
}

/**
 * The label of an image that is named by its class and a number: `cat.1.jpg`, `cat_1.jpg`, `cat-001.jpg`,
 * `hot dog (3).png` → "cat", "hot dog". The words in the singular.
 * @param file path of the image, with `/` or `\`; folders do not matter
 * @returns null where the name has another form, or says only what cameras say (`IMG_1234.jpg`, `image_0001.jpg`)
 */
export function labelFromFileName(file: string): string | null {
  const stem = segments(file)
    .at(-1)!
    .replace(/\.[^.]*$/, '')
  const [, words] = /^(\p{L}[\p{L}\p{M}]*(?:[ ._-]+\p{L}[\p{L}\p{M}]*)*)(?:[ ._-]+\d+| ?\(\d+\))$/u.exec(stem) ?? []
  if (words === undefined || fileWords.has(words.toLowerCase())) return null
  return singularName(words)
}

/** The split an image belongs to by the first folder of its path within the dataset, or null. */
export function splitFromPath(file: string): Split | null {
  const parts = segments(file).filter((part) => part !== '.' && part !== '')
  const first = parts.length > 1 ? parts[0]!.toLowerCase() : ''
  return Object.hasOwn(splits, first) ? splits[first]! : null
}

/**
 * Reads a table of labels: columns `image` and `label` (any case, any order, others are ignored).
 * @param text comma-separated, RFC 4180
 * @returns label by image name, names as they stand there; rows without a label are left out
 * @throws AppError 'import.format' (a column is missing, a row is too short or has no image, two labels for one image)
 */
export function parseLabelCsv(text: string): Map<string, string> {
  const [head = [], ...rows] = parseCsv(text)
  const names = head.map((name) => name.trim().toLowerCase())
  const [imageAt, labelAt] = [names.indexOf('image'), names.indexOf('label')]
  if (imageAt < 0 || labelAt < 0) {
    throw new AppError(
      'import.format',
      `The label table has the columns ${head.join(', ')}; image and label are needed.`,
    )
  }
  const labels = new Map<string, string>()
  rows.forEach((row, i) => {
    const [image, label] = [row[imageAt]?.trim() ?? '', row[labelAt]?.trim()]
    if (image === '' || label === undefined) {
      throw new AppError('import.format', `Row ${i + 2} of the label table lacks its image or its label.`)
    }
    if (label === '') return
    const known = labels.get(image)
    if (known !== undefined && known !== label) {
      throw new AppError('import.format', `The label table calls ${image} both “${known}” and “${label}”.`)
    }
    labels.set(image, label)
  })
  return labels
}

function segments(file: string): string[] {
  return file.split(/[\\/]/)
}

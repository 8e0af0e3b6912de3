import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import { recognise } from '#main/datasets/recognise.ts'
import { datasetFormat, datasetFormats } from '#main/datasets/registry.ts'
import { listFiles } from '#main/files/list-images.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { collect, quietContext } from './dataset-tools.ts'

/** A row of the table in the documents; '' for cells that are empty. */
interface Row {
  readonly folder: string
  readonly recognised: string
  readonly format: string
  /** below the folder; null: none */
  readonly images: string
  readonly annotations: string | null
  readonly outcome: string
}

function documented(): Row[] {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/formats.md'), 'utf8')
  const [, table = ''] = /\| folder \| recognised \|.*\n.*\n((?:\|.*\n)+)/.exec(text) ?? []
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const cells = line.split('|').map((cell) => cell.trim().replaceAll('`', ''))
      const [, folder = '', recognised = '', format = '', images = '', annotations = '', outcome = ''] = cells
      return { folder, recognised, format, images, annotations: annotations === '–' ? null : annotations, outcome }
    })
}

/** What comes in of a dataset, in the words of the document; of a refusal its code. */
async function outcomeOf({ format, images, annotations }: Omit<Row, 'folder' | 'outcome' | 'recognised'>) {
  const request = { imagesDir: images, ...(annotations === null ? {} : { annotations }) }
  try {
    const found = await collect(datasetFormat(format).read!(request, quietContext()))
    const kinds = Map.groupBy(found.defects, ({ kind }) => kind)
    const told = [...kinds].map(([kind, all]) => `${all.length} ${kind}`).join(', ')
    const counts = `${counted(found.images.length, 'photo')}, ${counted(found.instances.length, 'mask')}`
    return told === '' ? counts : `${counts}; ${told}`
  } catch (error) {
    return `refused, ${(error as AppError).code}`
  }
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

const rows = documented()
const firstRows = [...new Map(rows.toReversed().map((row) => [row.folder, row])).values()].reverse()

describeWithData('the test data of Datumaro, as the documents have them', () => {
  const root = testData('data/datumaro-assets')

  it('are all there', async () => {
    const endings = ['.jpg', '.png', '.json', '.xml', '.txt', '.csv', '.yaml', '.tfrecord', '.avi', '.mp4']
    const files = await listFiles(root, new Set(endings))
    const others = files.filter((file) => !rows.some(({ folder }) => file.startsWith(`${folder}/`)))
    expect(others).toEqual(['SOURCE.txt', 'cvat_dataset/test.mp4'])
  })

  it.each(firstRows)('$folder is recognised as $recognised', async ({ folder, recognised, ...row }) => {
    const [likeliest] = await recognise(join(root, folder), datasetFormats)
    expect(likeliest?.format ?? '–').toBe(recognised)
    if (likeliest === undefined) return
    const { imagesDir, annotations } = likeliest
    expect([row.format, imagesDir, annotations]).toEqual([
      recognised,
      join(root, folder, row.images),
      row.annotations === null ? undefined : join(root, folder, row.annotations),
    ])
  })

  it.each(rows)('$folder as $format of $annotations: $outcome', async ({ folder, outcome, ...row }) => {
    const below = (path: string) => join(root, folder, path)
    const annotations = row.annotations === null ? null : below(row.annotations)
    const found = await outcomeOf({ format: row.format, images: below(row.images), annotations })
    // the words behind the code of a refusal are for readers
    expect(found).toBe(outcome.replace(/^(refused, [^:]+):.*/, '$1'))
  })
})

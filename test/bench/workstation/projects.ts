import { linkSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { makePhotos, writeCoco, type Photo } from '../../builders/dataset.ts'
import { writeLargePhotos } from '../../builders/large-photo.ts'
import { writeSmallModel } from '../../builders/small-model.ts'

const classes = ['cat', 'dog', 'bird'] as const

/** Photos of 12 megapixels with one object and four maps each; gives the project's path. */
export async function makeLargeProject(folder: string, nImages: number): Promise<string> {
  const photos = join(folder, 'photos')
  return makeScored(folder, photos, await writeLargePhotos(photos, nImages))
}

/**
 * A project of very many images with four maps each, of which only the first few were really run: the others are the same
 * photos, predictions and scores under other names. Every photo is there as a file.
 */
export async function makeLongProject(folder: string, nImages: number): Promise<string> {
  const photos = join(folder, 'photos')
  const shown = await makePhotos(photos, { perClass: 7, width: 640, height: 480, format: 'jpeg' })
  const path = await makeScored(folder, photos, shown)
  const nCopies = Math.ceil(nImages / shown.length) - 1
  for (const { file, path: source } of shown) {
    for (let copy = 1; copy <= nCopies; copy++) {
      const target = join(photos, `copies/${copy}`, file)
      mkdirSync(dirname(target), { recursive: true })
      linkSync(source, target)
    }
  }
  copyRows(path, nCopies)
  return path
}

async function makeScored(folder: string, images: string, photos: readonly Photo[]): Promise<string> {
  const annotations = await writeCoco(join(folder, 'coco.json'), photos)
  const models: { path: string }[] = []
  for (const name of ['one', 'two']) {
    models.push({ path: await writeSmallModel(join(folder, name), { labels: classes, name, inputSide: 224 }) })
  }
  const methods = [{ method: 'gradcam' }, { method: 'occlusion', options: { patch: 56, stride: 28 } }]
  const engine = createEngine({ startCompute: startComputeChild, version: 'bench' })
  try {
    const client = engine.connect()
    const path = join(folder, 'p.obalex')
    const { project } = await client['project.create']({ path })
    await client['dataset.import']({ project, format: 'coco', images, annotations })
    const { job } = await client['run.start']({ project, spec: { models, methods } })
    await client['job.watch']({ project, job })
    return path
  } finally {
    await engine.dispose()
  }
}

/** What is copied, parents first, with the columns that name rows of these tables. */
const copiedTables = {
  image: { id: 'image' },
  instance_mask: { id: 'instance_mask', image_id: 'image' },
  mask_revision: { id: 'mask_revision', instance_mask_id: 'instance_mask' },
  prediction: { id: 'prediction', image_id: 'image' },
  explanation: { id: 'explanation', prediction_id: 'prediction' },
  score: { id: 'score', explanation_id: 'explanation' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>

/** Adds copies of all images: ids go on by the number of rows that there are, and files lie under `copies/N`. */
function copyRows(path: string, nCopies: number): void {
  const database = new Database(path)
  try {
    const counts = new Map<string, number>()
    for (const table of Object.keys(copiedTables)) {
      counts.set(table, database.prepare<[], number>(`SELECT max(id) FROM ${table}`).pluck().get()!)
    }
    const copies = Object.entries(copiedTables).map(([table, shifted]: [string, Readonly<Record<string, string>>]) => {
      const columns = database.prepare<[], string>(`SELECT name FROM pragma_table_info('${table}')`).pluck().all()
      const values = columns.map((column) => {
        if (column === 'file') return `'copies/' || CAST(:copy AS INTEGER) || '/' || file`
        const of = shifted[column]
        return of === undefined ? column : `${column} + :copy * ${counts.get(of)!}`
      })
      return database.prepare(
        `INSERT INTO ${table} (${columns.join()}) SELECT ${values.join()} FROM ${table} WHERE id <= ${counts.get(table)!}`,
      )
    })
    database.transaction(() => {
      for (let copy = 1; copy <= nCopies; copy++) for (const statement of copies) statement.run({ copy })
    })()
  } finally {
    database.close()
  }
}

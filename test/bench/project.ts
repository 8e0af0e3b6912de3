import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { ImageId } from '#common/contract/ids.ts'
import { countImagesByLabel, findOrInsertFolder, insertImages, listImages } from '#main/project/image-repository.ts'
import { insertInstances } from '#main/project/mask-repository.ts'
import { createProject, openProject } from '#main/project/open.ts'
import type { Project } from '#main/project/project.ts'
import { rollBackup } from '#main/project/rolling-backup.ts'
import type { BenchResult, Row } from './benchmark.ts'

/** The project store at 10,000 and 100,000 images, beside a bare better-sqlite3 on the same file. */
export default async function bench(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'obalex-bench-'))
  try {
    const rows: Row[] = []
    for (const count of [10_000, 100_000]) rows.push(...(await benchSize(join(folder, `${count}.obalex`), count)))
    return { name: 'project', rows }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function benchSize(path: string, count: number): Promise<Row[]> {
  const project = await createProject(path, { now: Date.now })
  const addingImages = await time(() => addImages(project, count))
  const addingMasks = await time(() => addMasks(project, 10_000))
  await project.close()
  const bare = await quietest(() => Promise.resolve(openBare(path)))
  const opening = await quietest(async () => {
    const opened = await openProject(path, { mode: 'write', now: Date.now })
    await countImagesByLabel(opened.read)
    return () => opened.close()
  })
  const of = `of ${count.toLocaleString('en')} images`
  const openBudget = count === 10_000 ? '≤ 300 ms' : '≤ 1000 ms'
  return [
    { what: `reference: better-sqlite3 alone, open and count, ${of}`, value: bare, unit: 'ms' },
    { what: `open a project with its counts by label, ${of}`, value: opening, unit: 'ms', budget: openBudget },
    { what: `the same, as a multiple of the reference, ${of}`, value: opening / bare, unit: '×' },
    { what: `first page of 100, ${of}`, value: await pageTime(path, count, 0), unit: 'ms', budget: '≤ 50 ms' },
    {
      what: `a page of one label from the middle, ${of}`,
      value: await pageTime(path, count, count / 2),
      unit: 'ms',
      budget: '≤ 50 ms',
    },
    { what: `take in ${count.toLocaleString('en')} images`, value: addingImages, unit: 'ms' },
    { what: `copy it when it is closed after a change, ${of}`, value: await rollingTime(path), unit: 'ms' },
    { what: `take in 10,000 instance masks, ${of}`, value: addingMasks, unit: 'ms', budget: '≤ 2000 ms' },
  ]
}

async function pageTime(path: string, count: number, after: number): Promise<number> {
  const project = await openProject(path, { mode: 'read', now: Date.now })
  const filter = after === 0 ? {} : { label: 'label 3' }
  const ms = await quietest(async () => {
    const images = await listImages(project.read, filter, { after: after as ImageId, limit: 100 })
    if (images.length !== 100) throw new Error(`${count} images, but a page of ${images.length}`)
    return () => Promise.resolve()
  })
  await project.close()
  return ms
}

/** The check of the copy included. */
async function rollingTime(path: string): Promise<number> {
  const project = await openProject(path, { mode: 'write', now: Date.now })
  const signal = new AbortController().signal
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5; run++) {
    await project.write({ actor: 'bench', action: 'bench.change', subject: 'project' }, () => Promise.resolve())
    best = Math.min(best, await time(() => rollBackup(project, { now: Date.now(), signal })))
  }
  await project.close()
  return best
}

function openBare(path: string): () => Promise<void> {
  const database = new Database(path, { readonly: true })
  database.prepare('SELECT count(*) FROM image').get()
  return () => Promise.resolve(void database.close())
}

/** In transactions of a few thousand rows, as an import writes them. */
async function addImages(project: Project, count: number): Promise<void> {
  for (let start = 0; start < count; start += 5000) {
    await project.write({ actor: 'bench', action: 'image.add', subject: 'images' }, async (trx) => {
      const folderId = await findOrInsertFolder(trx, '/photos')
      const images = Array.from({ length: 5000 }, (_, offset) => {
        const index = start + offset
        const sha256 = hash('sha256', `image ${index}`)
        const label = `label ${index % 20}`
        return { folderId, file: `${label}/${index}.jpg`, width: 640, height: 480, sizeBytes: 50_000, sha256, label }
      })
      await insertImages(trx, images, Date.now())
    })
  }
}

/** With run lengths of 600 characters, as an outline in a photo of 640 × 480 has, and a small source annotation. */
async function addMasks(project: Project, count: number): Promise<void> {
  const mask = {
    width: 640,
    height: 480,
    counts: 'aXY14n>'.repeat(86),
    area: 20_000,
    bbox: [10, 10, 200, 150],
  } as const
  const facts = { category: 'cat', score: 0.9, isCrowd: false, origin: 'import:coco', auditor: null, mask }
  const instances = Array.from({ length: count }, (_, index) => {
    const source = { id: index, bbox: [10.5, 10.25, 199.5, 149.75], iscrowd: 0 }
    return { ...facts, imageId: (index + 1) as ImageId, categorySourceId: 17, source }
  })
  await project.write({ actor: 'bench', action: 'mask.add', subject: 'masks' }, (trx) =>
    insertInstances(trx, instances, 1),
  )
}

async function time(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

/** The shortest of five runs; what an action gives is called, untimed, to clear up after it. */
async function quietest(action: () => Promise<() => Promise<void>>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5; run++) {
    let clearUp = () => Promise.resolve()
    const ms = await time(async () => {
      clearUp = await action()
    })
    await clearUp()
    best = Math.min(best, ms)
  }
  return best
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { ImportReport, UndoReport } from '#common/contract/procedures/importing.ts'
import {
  makePhotos,
  paintPhoto,
  shiftMask,
  writeCoco,
  writeCocoResults,
  type CocoOptions,
  type Photo,
  type PhotoOptions,
} from '../../builders/dataset.ts'
import { readContent } from '../../builders/stored-rows.ts'
import { writeSmallDetector } from '../../builders/small-detector.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, errorOf, fileHash, folderIn, inspect, newProject, useEngine, useFolder } from './engine-tools.ts'
import { firstObject, paintSquare } from './review-tools.ts'
import { gradcam, occlusion, runToEnd, specOf } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()

type ImportRequest = Parameters<EngineClient['dataset.import']>[0]

interface Setting {
  readonly folder: string
  readonly path: string
  readonly project: number
  readonly images: string
  readonly photos: Photo[]
  /** writes a COCO file of the photos (or some of them) and imports it */
  readonly load: (options?: LoadOptions) => Promise<ImportReport>
  readonly undo: (entry?: number | null) => Promise<UndoReport>
  readonly look: (entry?: number | null) => Promise<UndoReport>
  readonly isWhole: () => Promise<boolean>
}

interface LoadOptions extends CocoOptions {
  readonly photos?: readonly Photo[]
  readonly changes?: Partial<ImportRequest>
}

async function setUp(options: PhotoOptions = {}): Promise<Setting> {
  const folder = folderIn(root)
  const path = join(folder, 'test.obalex')
  const project = await newProject(client, path)
  const images = join(folder, 'photos')
  const photos = await makePhotos(images, options)
  let n = 0
  return {
    ...{ folder, path, project, images, photos },
    load: async ({ photos: some = photos, changes = {}, ...how } = {}) => {
      const annotations = await writeCoco(join(folder, `coco-${++n}.json`), some, how)
      return client['dataset.import']({ project, format: 'coco', images, annotations, ...changes })
    },
    undo: (entry = null) => client['dataset.import.undo']({ project, entry }),
    look: (entry = null) => client['dataset.import.undo']({ project, entry, dryRun: true }),
    isWhole: async () => {
      const { ok, broken } = await client['project.verify']({ path })
      expect(broken).toBeNull()
      return ok
    },
  }
}

const asCorrection = { as: 'correction', auditor: 'Ada' } as const
const moved = { maskOf: ({ mask }: Photo) => shiftMask(mask, 1, 1) }

let model: string
beforeAll(async () => {
  model = await writeSmallModel(join(folderIn(root), 'model'), { labels: ['cat', 'dog', 'bird'] })
})

/** Runs a small classifier with two methods over a project. */
async function run({ project }: Setting): Promise<void> {
  await runToEnd(client, project, specOf(model, { methods: [gradcam, occlusion] }))
}

describe('undoing an import', () => {
  it('leaves nothing of it but the log, in which both stay', async () => {
    const { path, load, undo, isWhole } = await setUp()
    const before = await readContent(path)
    const { entry } = await load()
    const report = await undo()
    expect(report).toMatchObject({
      isDryRun: false,
      import: { entry, format: 'coco', nImages: 6, nInstances: 6, state: 'in-force' },
      gone: { images: 6, instances: 6, corrections: 0, predictions: 0, maps: 0, scores: 0 },
      nRestored: 0,
      obstacles: [],
    })
    expect(await readContent(path)).toEqual(before)
    const { audit } = await inspect(path)
    expect(audit.map(({ action }) => action)).toEqual(['project.create', 'dataset.import', 'dataset.import.undo'])
    expect(audit[2]).toMatchObject({ actor: 'user', data: { import: entry, gone: { images: 6 }, touched: [[1, 6]] } })
    expect(await isWhole()).toBe(true)
  })

  it('says in a dry run what would go, and leaves the file as it is to the byte', async () => {
    const { path, load, look, undo } = await setUp()
    await load()
    const before = fileHash(path)
    const dry = await look()
    expect(fileHash(path)).toBe(before)
    expect(await undo()).toEqual({ ...dry, isDryRun: false })
  })

  it('can be followed by the same import, whose rows get ids of their own', async () => {
    const { path, load, undo, isWhole } = await setUp()
    await load()
    const first = await readContent(path)
    await undo()
    expect((await load()).images).toEqual({ new: 6, known: 0, refused: 0 })
    const again = await readContent(path)
    expect(again['image']![0]).toContain('"id":7')
    expect(again['image']).toHaveLength(first['image']!.length)
    await undo()
    expect(await isWhole()).toBe(true)
  })

  it('tells how far it is, and cancelled takes nothing out', async () => {
    const { path, project, load, undo } = await setUp({ perClass: 40, width: 16, height: 12 })
    await load()
    const before = await readContent(path)
    const controller = new AbortController()
    const call = client['dataset.import.undo'](
      { project },
      // at the first word of it: on a quick machine it is over before the second
      { signal: controller.signal, onEvent: () => controller.abort() },
    )
    expect(await codeOf(call)).toBe('aborted')
    expect(await readContent(path)).toEqual(before)
    const seen: Progress[] = []
    await client['dataset.import.undo']({ project }, { onEvent: (event) => seen.push(event) })
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.at(-1)!.done).toBe(seen.at(-1)!.total)
    expect(await codeOf(undo())).toBe('import.not-undoable')
  })

  it('takes an import into photos that were there out of them, and leaves those', async () => {
    const setting = await setUp()
    const { path, project, images, load, undo, isWhole } = setting
    await client['dataset.import']({ project, format: 'folder', images })
    const before = await readContent(path)
    await load()
    const { gone } = await undo()
    expect(gone).toMatchObject({ images: 0, instances: 6 })
    expect(await readContent(path)).toEqual(before)
    expect(await isWhole()).toBe(true)
  })

  it('gives photos, labels and splits back that it overwrote', async () => {
    const { path, project, folder, images, photos, load, undo, isWhole } = await setUp()
    await load()
    const before = await readContent(path)
    await paintPhoto(photos[0]!, [9, 9, 9])
    const labels = join(folder, 'labels.csv')
    await writeFile(labels, `image,label\n${photos[1]!.file},wolf\n`)
    const request = { project, format: 'folder', images, labels: `csv:${labels}` }
    expect((await client['dataset.import'](request)).images).toMatchObject({ new: 0, known: 6 })
    const changed = await readContent(path)
    expect(changed['image']![1]).toContain('"label":"wolf"')
    expect(changed['image']![0]).not.toBe(before['image']![0])
    const report = await undo()
    expect(report).toMatchObject({ gone: { images: 0, instances: 0 }, nRestored: 2 })
    expect(await readContent(path)).toEqual(before)
    expect(await isWhole()).toBe(true)
  })

  it('takes corrections out that came in with it, and the log proves the others', async () => {
    const { path, load, undo, isWhole, project } = await setUp()
    await load()
    await load({ changes: asCorrection, maskOf: ({ mask }) => shiftMask(mask, 0, 1) })
    const before = await readContent(path)
    expect((await load({ ...moved, changes: asCorrection })).instances.corrections).toBe(6)
    const { gone } = await undo()
    expect(gone).toMatchObject({ images: 0, instances: 0, corrections: 6 })
    expect(await readContent(path)).toEqual(before)
    expect(await isWhole()).toBe(true)
    const { instances } = await client['instances.list']({ project })
    expect(instances.map(({ revision, auditor }) => [revision, auditor])).toEqual(Array(6).fill([1, 'Ada']))
  })

  it('takes what machines made of its photos with it', async () => {
    const setting = await setUp()
    const { path, photos, load, look, undo, isWhole } = setting
    await load({ photos: photos.slice(0, 3) })
    await run(setting)
    const before = await readContent(path)
    await load({ photos: photos.slice(3) })
    await run(setting)
    const dry = await look()
    expect(dry.gone).toEqual({ images: 3, instances: 3, corrections: 0, predictions: 3, maps: 6, scores: 6 })
    expect(await undo()).toEqual({ ...dry, isDryRun: false })
    const after = await readContent(path)
    for (const table of ['image', 'instance_mask', 'mask_revision', 'prediction', 'explanation', 'score', 'blob']) {
      expect(after[table], table).toEqual(before[table])
    }
    expect(await isWhole()).toBe(true)
  })

  it('puts the scores in force again that were before masks came in', async () => {
    const setting = await setUp()
    const { path, project, load, undo, isWhole } = setting
    await load()
    await run(setting)
    const before = await readContent(path)
    const averages = await client['scores.average']({ project })
    await load({ maskOf: ({ mask }) => shiftMask(mask, 6, 6) })
    await run(setting)
    expect(await client['scores.average']({ project })).not.toEqual(averages)
    expect((await undo()).gone).toMatchObject({ images: 0, predictions: 0, maps: 0, scores: 12 })
    expect(await client['scores.average']({ project })).toEqual(averages)
    const after = await readContent(path)
    for (const table of ['prediction', 'explanation', 'score', 'blob']) expect(after[table]).toEqual(before[table])
    expect(await isWhole()).toBe(true)
  })

  it('takes the answers about a photo that it replaced with it', async () => {
    const setting = await setUp()
    const { path, project, images, photos, load, undo, isWhole } = setting
    await load()
    await run(setting)
    const before = await readContent(path)
    await paintPhoto(photos[0]!, [200, 20, 20])
    await client['dataset.import']({ project, format: 'folder', images })
    await run(setting)
    expect((await undo()).gone).toMatchObject({ predictions: 1, maps: 2 })
    const after = await readContent(path)
    for (const table of ['image', 'prediction', 'explanation', 'score']) expect(after[table]).toEqual(before[table])
    expect(await isWhole()).toBe(true)
  })
})

describe('an undo is refused', () => {
  /** What stands in the way, in a dry run and when it is done; and nothing is changed. */
  async function obstacleTo({ path, look, undo }: Setting, entry: number | null = null): Promise<object> {
    const before = await readContent(path)
    const { obstacles } = await look(entry)
    const error = await errorOf(undo(entry))
    expect(error.code).toBe('import.in-use')
    const { message, hint, ...data } = obstacles[0]!
    expect(error).toMatchObject({ message, hint: `Nothing was changed. ${hint}`, data })
    expect(message.split('\n')).toHaveLength(1)
    expect(await readContent(path)).toEqual(before)
    return obstacles[0]!
  }

  it('where there is a verdict since', async () => {
    const setting = await setUp()
    const { project, load } = setting
    await load()
    for (const image of [1, 2]) await client['review.save']({ project, image, verdict: 'accept', auditor: 'Ada' })
    expect(await obstacleTo(setting)).toMatchObject({
      kind: 'work',
      nImages: 2,
      message: 'people have worked on 2 images of this import since (verdicts)',
    })
  })

  it('where there is a verdict since on an image that it only gave a mask', async () => {
    const setting = await setUp()
    const { project, load, undo } = setting
    const first = await load()
    await client['review.save']({ project, image: 1, verdict: 'accept', auditor: 'Ada' })
    await load(moved)
    // the verdict is of before the second import, and of after the first
    await undo()
    expect(await obstacleTo(setting, first.entry)).toMatchObject({ kind: 'work', nImages: 1 })
    await load(moved)
    await client['review.save']({ project, image: 3, verdict: 'accept', auditor: 'Ada' })
    expect(await obstacleTo(setting)).toMatchObject({ kind: 'work', nImages: 1 })
  })

  it('where a mask of it was painted on, also while no verdict has sealed it', async () => {
    const setting = await setUp()
    const { project, load } = setting
    await load()
    await paintSquare(client, await firstObject(client, { project }), 3, 4)
    expect(await obstacleTo(setting)).toMatchObject({ kind: 'work', nImages: 1, message: /strokes/ })
  })

  it('where a photo that it replaced was painted on since, but not for strokes on other masks', async () => {
    const setting = await setUp()
    const { project, photos, images, load, undo } = setting
    await load()
    await load(moved)
    const place = await firstObject(client, { project })
    await paintSquare(client, place, 3, 4) // a mask of the first import
    expect((await undo()).gone.instances).toBe(6)
    await paintPhoto(photos[0]!, [9, 9, 9])
    const { entry } = await client['dataset.import']({ project, format: 'folder', images })
    await paintSquare(client, place, 9, 9)
    expect(await obstacleTo(setting, entry)).toMatchObject({ kind: 'work', nImages: 1, message: /strokes/ })
  })

  it('where the object of an image was chosen by hand since, also one that goes by the rule again', async () => {
    const setting = await setUp()
    const { project, load, undo } = setting
    const first = await load()
    const { image, instance } = await firstObject(client, { project })
    await client['image.object']({ project, image, leftOut: [instance], auditor: 'Ada' })
    await client['image.object']({ project, image, leftOut: null, auditor: 'Ada' })
    expect(await obstacleTo(setting, first.entry)).toMatchObject({
      kind: 'work',
      nImages: 1,
      message: 'people have worked on 1 image of this import since (objects chosen by hand)',
    })
    // the choice is of before this one
    await load(moved)
    await undo()
  })

  it('where an image of it is flagged, or was', async () => {
    const setting = await setUp()
    const { project, load } = setting
    await load()
    await client['image.flag']({ project, image: 4, isFlagged: true, auditor: 'Ada' })
    await client['image.flag']({ project, image: 4, isFlagged: false, auditor: 'Ada' })
    expect(await obstacleTo(setting)).toMatchObject({ kind: 'work', nImages: 1, message: /flags/ })
  })

  it('where a later import gave its images masks, corrections or labels, until that is undone', async () => {
    const setting = await setUp()
    const { path, photos, folder, project, images, load, undo, isWhole } = setting
    const empty = await readContent(path)
    const { entry } = await load()
    const labels = join(folder, 'labels.csv')
    await writeFile(labels, `image,label\n${photos[1]!.file},wolf\n`)
    const later = [
      () => load({ photos: photos.slice(0, 2), maskOf: ({ mask }) => shiftMask(mask, 4, 4) }),
      () => load({ ...moved, photos: photos.slice(0, 2), changes: asCorrection }),
      () => client['dataset.import']({ project, format: 'folder', images, labels: `csv:${labels}` }),
    ]
    for (const importAgain of later) {
      const second = await importAgain()
      const obstacle = await obstacleTo(setting, entry)
      expect(obstacle).toMatchObject({ kind: 'later-import', entry: second.entry })
      expect((obstacle as { hint: string }).hint).toContain(`entry ${second.entry}`)
      await undo(second.entry)
    }
    // in photos of its own
    await client['dataset.import']({ project, format: 'folder', images: (await otherPhotos(folder)).images })
    await undo(entry)
    await undo()
    expect(await readContent(path)).toEqual(empty)
    expect(await isWhole()).toBe(true)
  })

  it('where a detector has found objects in its photos', async () => {
    const setting = await setUp({ classes: ['cat'], perClass: 3 })
    const { folder, project, images, load, undo } = setting
    const { entry } = await client['dataset.import']({ project, format: 'folder', images })
    const detector = { path: writeSmallDetector(folder), architecture: 'onnx' } as const
    const { job } = await client['detect.start']({ project, spec: { detector } })
    await client['detect.watch']({ project, job })
    expect(await obstacleTo(setting, entry)).toMatchObject({
      kind: 'detection',
      nImages: 3,
      message: /3 images.*model/,
    })
    // an import that only added to them leaves what was found
    await load()
    expect((await undo()).gone.instances).toBe(3)
    expect((await client['instances.list']({ project })).instances).toHaveLength(3)
  })

  it('while a job runs', async () => {
    const setting = await setUp({ perClass: 20 })
    const { project, load } = setting
    await load()
    const { job } = await client['run.start']({ project, spec: specOf(model) })
    const error = await errorOf(setting.undo())
    expect(error).toMatchObject({ code: 'import.in-use', data: { kind: 'job' } })
    await client['job.cancel']({ project, job })
    expect((await setting.undo()).gone.images).toBe(60)
  })

  it('a second time, and of what is no import, or brought nothing', async () => {
    const { load, undo, look } = await setUp()
    expect(await errorOf(undo())).toMatchObject({ code: 'import.not-undoable' })
    const { entry } = await load()
    expect((await load()).entry).toBeNull()
    expect(await errorOf(look(3))).toMatchObject({ code: 'import.not-undoable', data: { state: 'empty' } })
    expect((await undo()).import.entry).toBe(entry)
    expect(await errorOf(undo(entry))).toMatchObject({ code: 'import.not-undoable', data: { state: 'undone' } })
    expect(await codeOf(undo(1))).toBe('record.missing')
    expect(await codeOf(undo(99))).toBe('record.missing')
  })
})

describe('the imports of a project', () => {
  it('are listed with what became of them, the newest first', async () => {
    const { project, folder, photos, images, load, undo } = await setUp()
    await load()
    await load()
    const results = await writeCocoResults(join(folder, 'found.json'), photos, moved)
    const request = { project, format: 'coco-results', images, annotations: join(folder, 'coco-1.json') }
    await client['dataset.import']({ ...request, predictions: results })
    await undo()
    const { imports } = await client['imports.list']({ project })
    expect(imports).toMatchObject([
      { entry: 4, format: 'coco-results', source: results, nImages: 0, nInstances: 6, state: 'undone', undoneBy: 5 },
      { entry: 3, state: 'empty', undoneBy: null },
      { entry: 2, folder: images, nImages: 6, nInstances: 6, nCorrections: 0, state: 'in-force' },
    ])
  })
})

describe('an image that went', () => {
  it('is missing for whoever still asks for it, and nothing of it is found again', async () => {
    const { project, load, undo } = await setUp()
    await load()
    await undo()
    expect(await codeOf(client['image.read']({ project, image: 1 }))).toBe('record.missing')
    expect(await codeOf(client['review.save']({ project, image: 1, verdict: 'accept', auditor: 'Ada' }))).toBe(
      'record.missing',
    )
    expect(await client['images.list']({ project, after: null, limit: 10 })).toMatchObject({ images: [], total: 0 })
  })
})

async function otherPhotos(folder: string): Promise<{ readonly images: string }> {
  const images = join(folder, 'others')
  await makePhotos(images, { perClass: 1 })
  return { images }
}

import { join } from 'node:path'
import { rmSync, utimesSync } from 'node:fs'
import Database from 'better-sqlite3'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeNative } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { coverMask } from '#common/mask/coverage.ts'
import { obalexScore } from '#common/score/obalex.ts'
import { diffTiles, encodeTiles } from '#common/mask/tile-patch.ts'
import type { Review } from '#common/contract/procedures/reviewing.ts'
import { tamper } from '../../builders/damage.ts'
import { paintPhoto } from '../../builders/dataset.ts'
import { codeOf, errorOf, inspect, useEngine, useFolder } from './engine-tools.ts'
import {
  baseOf,
  firstObject,
  imageOf,
  invertSquare,
  paintSquare,
  readMask,
  setUpReview,
  step,
  workingMask,
  type ReviewSetting,
} from './review-tools.ts'
import { allScores, gradcam, occlusion, runToEnd, specOf } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()
let setting: ReviewSetting
beforeAll(async () => {
  setting = await setUpReview(client, root)
})

const auditor = 'Ada'
const accept = { verdict: 'accept', auditor } as const

describe('images.list', () => {
  it('gives what lists show of an image, page by page', async () => {
    const { project, photos } = setting
    const all = await client['images.list']({ project })
    expect(all).toMatchObject({ total: 6, next: null })
    expect(all.images.map(({ file, label, nInstances }) => [file, label, nInstances])).toEqual(
      photos.map(({ file, label }) => [file, label, 1]),
    )
    const scores = await allScores(client, project)
    for (const { file, results } of all.images) {
      expect(results).toHaveLength(1)
      const expected = scores.filter(({ image }) => image === file)
      expect(results[0]!.scores.map(({ method, obalex }) => [method, obalex])).toEqual(
        expect.arrayContaining(expected.map(({ method, obalex }) => [method, obalex])),
      )
      expect(results[0]).toMatchObject({ predicted: expected[0]!.predicted, isCorrect: expected[0]!.isCorrect })
    }
    const first = await client['images.list']({ project, limit: 4 })
    const second = await client['images.list']({ project, limit: 4, after: first.next })
    expect([...first.images, ...second.images]).toEqual(all.images)
    expect(second.next).toBeNull()
  })

  it('is empty for a project without images', async () => {
    const { project } = await client['project.create']({ path: join(root, 'empty.obalex') })
    expect(await client['images.list']({ project })).toEqual({ images: [], total: 0, next: null })
  })
})

describe('image.read', () => {
  it('gives masks, and maps from which the page computes the very scores that are stored', async () => {
    const { project, photos, images } = setting
    const image = await client['image.read']({ project, image: 2 })
    expect(image).toMatchObject({ file: photos[1]!.file, folder: images, label: 'cat', photo: 'present', review: null })
    const [instance] = image.instances
    expect(instance).toMatchObject({ category: 'cat', isObject: true, correction: null, revision: 0, journal: [] })
    expect(workingMask(image, instance!.id).data).toEqual(photos[1]!.mask.data)
    expect(image.maps.map(({ method }) => method)).toEqual(['gradcam', 'occlusion'])
    for (const { header, values, grid, score, machineScore } of image.maps) {
      const map = renderMap(decodeNative({ header, values }), grid)
      const { obalex, areaShare } = obalexScore({
        ...grid,
        mask: coverMask(instance!.machine!, grid).data,
        map: map.data,
      })
      expect(score).toMatchObject({ obalex, areaShare })
      expect(machineScore).toEqual(score)
    }
  })

  it('tells a photo that is missing from one that has changed', async () => {
    const { project, photos } = await setUpReview(client, root)
    const state = () => client['image.read']({ project, image: 1 })
    const { importedAt } = await state()
    await paintPhoto(photos[0]!, [1, 2, 3])
    utimesSync(photos[0]!.path, 1e9, 1e9)
    expect(await state()).toMatchObject({ photo: 'changed', photoChangedAt: 1e12, importedAt })
    rmSync(photos[0]!.path)
    expect(await state()).toMatchObject({ photo: 'missing', photoChangedAt: null, importedAt })
  })

  it('refuses an image that is not there', async () => {
    expect(await codeOf(client['image.read']({ project: setting.project, image: 99 }))).toBe('record.missing')
  })
})

describe('a stroke', () => {
  it('is in the journal with what it changed, and is undone and done again', async () => {
    const place = await firstObject(client, setting)
    const before = await readMask(client, place)
    const painted = await paintSquare(client, place, 3, 4)
    const twice = await paintSquare(client, place, 5, 6)
    expect((await readMask(client, place)).data).toEqual(twice.data)
    await step(client, place, 'undo')
    expect((await readMask(client, place)).data).toEqual(painted.data)
    await step(client, place, 'undo')
    expect((await readMask(client, place)).data).toEqual(before.data)
    expect(await codeOf(step(client, place, 'undo'))).toBe('mask.no-step')
    await step(client, place, 'redo')
    await step(client, place, 'redo')
    expect((await readMask(client, place)).data).toEqual(twice.data)
    expect(await codeOf(step(client, place, 'redo'))).toBe('mask.no-step')
    await step(client, place, 'undo')
    const other = await paintSquare(client, place, 20, 20)
    expect((await readMask(client, place)).data).toEqual(other.data)
    expect(await codeOf(step(client, place, 'redo'))).toBe('mask.no-step')
    const { instances } = await client['image.read'](imageOf(place))
    const kinds = instances[0]!.journal.map(({ kind }) => kind)
    expect(kinds.join(' ')).toBe('paint paint undo undo redo redo undo paint')
    const { added, removed } = instances[0]!.journal[0]!
    expect(added + removed).toBe(36)
    expect(added - removed).toBe(painted.data.filter(Boolean).length - before.data.filter(Boolean).length)
  })

  it('of one object leaves the others as they are', async () => {
    const [one, two] = [await firstObject(client, setting, 4), await firstObject(client, setting, 5)]
    const before = await readMask(client, two)
    const painted = await paintSquare(client, one, 2, 2)
    expect((await readMask(client, two)).data).toEqual(before.data)
    expect(await codeOf(step(client, two, 'undo'))).toBe('mask.no-step')
    expect((await readMask(client, one)).data).toEqual(painted.data)
  })

  it('is kept once, however often it is asked for, also at once: its answer may have been lost', async () => {
    const place = await firstObject(client, setting, 6)
    const before = await readMask(client, place)
    const after = invertSquare(before, 7, 3)
    const base = await baseOf(client, place)
    const stroke = { ...place, base, auditor, tool: 'brush', tiles: encodeTiles(diffTiles(before, after)) }
    const answers = await Promise.all([1, 2, 3].map(() => client['mask.paint'](stroke)))
    expect(new Set(answers.map((answer) => answer.step)).size).toBe(1)
    expect(await client['mask.paint'](stroke)).toEqual(answers[0])
    expect((await readMask(client, place)).data).toEqual(after.data)

    const undo = { ...place, base: { ...base, step: answers[0]!.step }, auditor, direction: 'undo' } as const
    const undone = await client['mask.step'](undo)
    expect(await client['mask.step'](undo)).toEqual(undone)
    expect((await readMask(client, place)).data).toEqual(before.data)
    const { instances } = await client['image.read'](imageOf(place))
    expect(instances[0]!.journal.map(({ kind }) => kind)).toEqual(['paint', 'undo'])
  })

  it('is refused where the mask is another one by now: it would change what nobody saw', async () => {
    const { project } = await setUpReview(client, root)
    const place = await firstObject(client, { project })
    const before = await readMask(client, place)
    const base = await baseOf(client, place)
    const tiles = encodeTiles(diffTiles(before, invertSquare(before, 1, 1)))
    const late = { ...place, base, auditor, tool: 'brush', tiles }
    const seen = await paintSquare(client, place, 12, 12)
    const now = await baseOf(client, place)
    expect(await errorOf(client['mask.paint'](late))).toMatchObject({ code: 'mask.stale', data: now })
    expect(await codeOf(client['mask.step']({ ...place, base, auditor, direction: 'undo' }))).toBe('mask.stale')
    expect((await readMask(client, place)).data).toEqual(seen.data)
    expect(await baseOf(client, place)).toEqual(now)

    // a revision begins a journal of its own
    await client['review.save']({ ...imageOf(place), ...accept })
    expect(await baseOf(client, place)).toEqual({ revision: 1, step: null })
    expect(await codeOf(client['mask.paint']({ ...late, base: now }))).toBe('mask.stale')
    expect((await readMask(client, place)).data).toEqual(seen.data)
  })

  it.each([
    ['bytes that are no tiles', Uint8Array.of(1, 2, 3), 'mask.tiles'],
    ['no tiles', new Uint8Array(0), 'mask.tiles'],
    ['a tile without a pixel', encodeTiles([{ column: 0, row: 0, bits: new Uint8Array(512) }]), 'mask.tiles'],
    ['a tile outside the photo', encodeTiles([{ column: 1, row: 0, bits: new Uint8Array(512).fill(1) }]), 'mask.tiles'],
    [
      'pixels outside the photo',
      encodeTiles([{ column: 0, row: 0, bits: new Uint8Array(512).fill(255) }]),
      'mask.tiles',
    ],
  ])('is refused, and nothing kept, for %s', async (_, tiles, code) => {
    const place = await firstObject(client, setting, 3)
    const before = await inspect(setting.path)
    const base = await baseOf(client, place)
    expect(await codeOf(client['mask.paint']({ ...place, base, auditor, tool: 'brush', tiles }))).toBe(code)
    expect((await inspect(setting.path)).rows).toEqual(before.rows)
  })

  it('is refused for an object of another image, and in a project that is open for reading', async () => {
    const place = await firstObject(client, setting, 3)
    const tiles = encodeTiles(
      diffTiles(await readMask(client, place), invertSquare(await readMask(client, place), 1, 1)),
    )
    const stroke = { base: await baseOf(client, place), auditor, tool: 'brush', tiles }
    expect(await codeOf(client['mask.paint']({ ...place, image: 2, ...stroke }))).toBe('record.missing')
    const { project } = await client['project.open']({ path: setting.path, mode: 'read' })
    expect(await codeOf(client['mask.paint']({ ...place, project, ...stroke }))).toBe('project.read-only')
    expect(await codeOf(client['review.save']({ project, image: 3, ...accept }))).toBe('project.read-only')
    await client['project.close']({ project })
  })
})

describe('review.save', () => {
  it('makes a revision of a changed mask and scores every map with it; a run finds that as done', async () => {
    const { project, path, model } = await setUpReview(client, root)
    const place = await firstObject(client, { project }, 2)
    await runToEnd(client, project, specOf(model, { methods: [gradcam], maskVariant: 'paper' }))
    const before = await client['image.read'](imageOf(place))
    const painted = await paintSquare(client, place, 3, 4)
    const review: Omit<Review, 'at'> = { verdict: 'minor', reasons: ['hole', 'other'], comment: 'see the ear', auditor }
    const saved = await client['review.save']({ ...imageOf(place), ...review })
    expect(saved.revisions).toEqual([{ instance: place.instance, number: 1 }])
    const after = await client['image.read'](imageOf(place))
    expect(after.review).toEqual({ ...review, at: expect.any(Number) as number })
    expect(after.instances[0]).toMatchObject({ revision: 1, auditor, journal: [] })
    expect(workingMask(after, place.instance).data).toEqual(painted.data)
    expect(after.maps).toHaveLength(3)
    for (const [i, map] of after.maps.entries()) {
      expect(map.machineScore).toEqual(before.maps[i]!.score)
      expect(map.score).not.toEqual(map.machineScore)
      const { id, maskVariant, score } = map
      expect(saved.scores).toContainEqual({ map: id, maskVariant, score })
    }
    expect(saved.scores).toHaveLength(3)
    const { rows } = await inspect(path)
    await runToEnd(client, project, specOf(model, { methods: [gradcam, occlusion] }))
    await runToEnd(client, project, specOf(model, { methods: [gradcam], maskVariant: 'paper' }))
    const again = await inspect(path)
    expect(again.rows['score']).toBe(rows['score'])
    expect(again.audit.filter(({ action, seq }) => action === 'image.score' && seq > rows['audit_log']!)).toEqual([])
    const { images } = await client['images.list']({ project })
    expect(images[1]).toMatchObject({ verdict: 'minor', isCorrected: true })
    expect(images[1]!.results[0]!.scores.map(({ obalex }) => obalex).sort()).toEqual(
      after.maps.map(({ score }) => score!.obalex).sort(),
    )
    expect(images[0]).toMatchObject({ verdict: null, isCorrected: false })
  })

  it('keeps a verdict alone where nothing was painted, or all of it was taken back', async () => {
    const { project, path } = await setUpReview(client, root)
    const place = await firstObject(client, { project })
    const before = await inspect(path)
    expect(await client['review.save']({ ...imageOf(place), ...accept })).toMatchObject({ revisions: [], scores: [] })
    await paintSquare(client, place, 3, 4)
    await step(client, place, 'undo')
    expect(await client['review.save']({ ...imageOf(place), ...accept })).toMatchObject({ revisions: [], scores: [] })
    await paintSquare(client, place, 3, 4)
    await paintSquare(client, place, 3, 4)
    expect(await client['review.save']({ ...imageOf(place), ...accept })).toMatchObject({ revisions: [], scores: [] })
    const after = await inspect(path)
    expect(after.rows).toEqual({
      ...before.rows,
      review: 3,
      stroke: 4,
      audit_log: before.rows['audit_log']! + 3,
    })
    expect((await client['image.read'](imageOf(place))).instances[0]!.journal).toHaveLength(4)
  })

  it('saves one after the other, each with one entry that names what it kept', async () => {
    const { project, path } = await setUpReview(client, root)
    const place = await firstObject(client, { project })
    await paintSquare(client, place, 3, 4)
    const [first, second] = await Promise.all([
      client['review.save']({
        ...imageOf(place),
        verdict: 'reject',
        reasons: ['leaked outside'],
        comment: 'too far',
        auditor,
      }),
      client['review.save']({ ...imageOf(place), ...accept, auditor: 'Bob' }),
    ])
    expect([first.revisions.length, second.revisions.length]).toEqual([1, 0])
    await paintSquare(client, place, 9, 9)
    const third = await client['review.save']({ ...imageOf(place), ...accept })
    expect(third.revisions).toEqual([{ instance: place.instance, number: 2 }])
    const entries = (await inspect(path)).audit.filter(({ action }) => action === 'review.save')
    expect(entries.map(({ actor, subject }) => [actor, subject])).toEqual([
      ['Ada', `review:${first.review}`],
      ['Bob', `review:${second.review}`],
      ['Ada', `review:${third.review}`],
    ])
    expect(entries[0]!.data).toMatchObject({
      image: 1,
      verdict: 'reject',
      reasons: ['leaked outside'],
      comment: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      journals: [{ instance: place.instance, base: 0, count: 1, sha256: expect.any(String) as string }],
      corrections: [{ instance: place.instance, revision: 1, sha256: expect.any(String) as string }],
    })
    expect(entries[0]!.data['scores']).toHaveLength(2)
    expect(entries[1]!.data).toMatchObject({ comment: null, journals: [], corrections: [], scores: [] })
    expect((await client['image.read'](imageOf(place))).review).toMatchObject({ verdict: 'accept', auditor: 'Ada' })
  })

  it('keeps nothing where it cannot keep all, and the strokes stay', async () => {
    const { project, path } = await setUpReview(client, root)
    const place = await firstObject(client, { project })
    const painted = await paintSquare(client, place, 3, 4)
    const before = await inspect(path)
    expect(await codeOf(client['review.save']({ project, image: 99, ...accept }))).toBe('record.missing')
    const blobs = readBlobs(path)
    tamper(path, (database) => database.exec("UPDATE blob SET bytes = x'00'"))
    expect(await codeOf(client['review.save']({ ...imageOf(place), ...accept }))).toBe('project.corrupt')
    expect((await inspect(path)).rows).toEqual(before.rows)
    tamper(path, (database) => {
      const restore = database.prepare('UPDATE blob SET bytes = ? WHERE sha256 = ?')
      for (const { sha256, bytes } of blobs) restore.run(bytes, sha256)
    })
    expect((await readMask(client, place)).data).toEqual(painted.data)
    expect(await client['review.save']({ ...imageOf(place), ...accept })).toMatchObject({
      revisions: [{ instance: place.instance, number: 1 }],
    })
  })
})

function readBlobs(path: string): { readonly sha256: string; readonly bytes: Buffer }[] {
  const database = new Database(path, { readonly: true })
  try {
    return database.prepare<[], { sha256: string; bytes: Buffer }>('SELECT sha256, bytes FROM blob').all()
  } finally {
    database.close()
  }
}

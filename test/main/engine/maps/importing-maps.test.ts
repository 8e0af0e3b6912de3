import { hash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { MapsReport } from '#common/contract/procedures/importing.ts'
import { formatNpy } from '#main/files/npy.ts'
import { tamper } from '../../../builders/damage.ts'
import { makePhotos, paintPhoto, shiftMask, writeCoco, type Photo } from '../../../builders/dataset.ts'
import { classColour, writeSmallModel } from '../../../builders/small-model.ts'
import { codeOf, errorOf, fileHash, folderIn, inspect, useEngine, useFolder } from '../engine-tools.ts'
import { firstObject, paintSquare } from '../review-tools.ts'
import { allScores, occlusion, runToEnd, setUpRun, specOf, type RunSetting, type ScoreRow } from '../run-tools.ts'

const root = useFolder()
const { client } = useEngine()

type Request = Parameters<(typeof client)['maps.import']>[0]

/** Writes a map of 6×5 cells whose value in a column is the column's number, or other values. */
async function writeNpy(folder: string, file: string, values = ramp, shape = [5, 6]): Promise<void> {
  await write(folder, file, formatNpy(Float32Array.from(values), shape))
}

const ramp = Array.from({ length: 30 }, (_, i) => i % 6)

async function write(folder: string, file: string, bytes: Uint8Array | string): Promise<void> {
  const path = join(folder, file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
}

interface Setting extends RunSetting {
  readonly maps: string
  readonly load: (changes?: Partial<Request>) => Promise<MapsReport>
}

/** Six photos of 48×40 with masks; maps of them all, unless said otherwise. */
async function setUp(files?: readonly string[]): Promise<Setting> {
  const setting = await setUpRun(client, root)
  const maps = join(setting.folder, 'maps')
  await mkdir(maps)
  for (const file of files ?? setting.photos.map((photo) => photo.file.replace('.png', '.npy'))) {
    await writeNpy(maps, file)
  }
  const { project } = setting
  return {
    ...setting,
    maps,
    load: (changes) => client['maps.import']({ project, maps, method: 'shap', model: 'elsewhere', ...changes }),
  }
}

/** Scores are listed as they were made. */
function inOrderOf(photos: readonly Photo[], scores: readonly ScoreRow[]): ScoreRow[] {
  return photos.map(({ file }) => scores.find(({ image }) => image === file)!)
}

/** The score of the map `ramp`, by the definition: the mask's share of every cell of 8×8 pixels, times its value. */
function expectedObalex({ mask }: Photo): number {
  let [inside, all] = [0, 0]
  for (let cell = 0; cell < 30; cell++) {
    let nPixels = 0
    for (let i = 0; i < 64; i++) {
      const [x, y] = [(cell % 6) * 8 + (i % 8), Math.floor(cell / 6) * 8 + Math.floor(i / 8)]
      nPixels += mask.data[y * 48 + x]!
    }
    inside += (nPixels / 64) * ramp[cell]!
    all += ramp[cell]!
  }
  return inside / all
}

describe('maps made elsewhere', () => {
  it('are scored at their own size over the whole photo, and averaged without an accuracy', async () => {
    const { load, project, photos, path } = await setUp()
    const report = await load()
    expect(report).toMatchObject({
      isDryRun: false,
      model: 'elsewhere',
      method: 'shap',
      maps: { new: 6, known: 0, refused: 0 },
      nWithoutMap: 0,
      answers: 'assumed',
      defects: [],
    })
    expect(report.notes.join(' ')).toContain('accuracy')
    const scores = inOrderOf(photos, await allScores(client, project))
    expect(
      scores.map(({ image, label, predicted, method, model, isCorrect, probability }) => {
        return { image, label, predicted, method, model, isCorrect, probability }
      }),
    ).toEqual(
      photos.map(({ file: image, label }) => ({
        ...{ image, label, predicted: label, method: 'shap', model: 'elsewhere' },
        ...{ isCorrect: null, probability: null },
      })),
    )
    scores.forEach(({ obalex }, i) => expect(obalex).toBeCloseTo(expectedObalex(photos[i]!), 6))
    const { rows } = await client['scores.average']({ project })
    const mean = photos.reduce((sum, photo) => sum + expectedObalex(photo), 0) / photos.length
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      ...{ model: 'elsewhere', method: 'shap', n: 6, accuracy: null },
      excluded: { misclassified: 0, noMask: 0, noEvidence: 0, unlabelled: 0 },
    })
    expect(rows[0]!.avgObalex).toBeCloseTo(mean, 6)
    const { audit } = await inspect(path)
    expect(audit.slice(-8).map(({ action }) => action)).toEqual([
      'model.use',
      ...Array.from({ length: 6 }, () => 'image.score'),
      'maps.import',
    ])
  })

  it('are only counted in a dry run, and known when they come again', async () => {
    const { load, path } = await setUp()
    const before = fileHash(path)
    expect(await load({ dryRun: true })).toMatchObject({ isDryRun: true, maps: { new: 6, known: 0, refused: 0 } })
    expect(fileHash(path)).toBe(before)
    await load()
    const { rows } = await inspect(path)
    expect(await load({ dryRun: true })).toMatchObject({ maps: { new: 0, known: 6, refused: 0 } })
    expect(await load()).toMatchObject({ maps: { new: 0, known: 6, refused: 0 } })
    expect((await inspect(path)).rows).toEqual({ ...rows, audit_log: rows['audit_log']! + 1 })
  })

  it('may be grey PNGs, named with the photo’s ending or without folders', async () => {
    const { load, maps, project } = await setUp(['dogs/1.png.npy'])
    const png = sharp(Buffer.from([0, 255, 0, 255]), { raw: { width: 2, height: 2, channels: 1 } }).png()
    await write(maps, 'cats/1.PNG', await png.toBuffer())
    await writeNpy(maps, 'birds/0.npy', [0, 0, 0, 0], [2, 2])
    expect(await load()).toMatchObject({ maps: { new: 3, known: 0, refused: 0 }, nWithoutMap: 3, defects: [] })
    const scores = await allScores(client, project)
    expect(scores.map(({ image, reason }) => [image, reason])).toEqual([
      ['birds/0.png', 'no-evidence'],
      ['cats/1.png', null],
      ['dogs/1.png', null],
    ])
  })

  it('are told one by one where they cannot be taken, and the others come in', async () => {
    const { load, maps, project, photos } = await setUp(['cats/0.npy', 'moles/0.npy', '1.npy', 'cats/0.png.npy'])
    const colours = await sharp(Buffer.from([9, 8, 7]), { raw: { width: 1, height: 1, channels: 3 } })
      .png()
      .toBuffer()
    await write(maps, 'cats/1.png', colours)
    await writeNpy(maps, 'dogs/0.npy', [1, 2, NaN, 4], [2, 2])
    await writeNpy(maps, 'dogs/1.npy', [1, 2, 3, -0.5], [2, 2])
    await writeNpy(maps, 'birds/0.npy', [1, 2, 3, 4], [2, 2, 1])
    await writeNpy(
      maps,
      'birds/1.npy',
      Array.from({ length: 5000 }, () => 1),
      [1, 5000],
    )
    const { maps: counts, defects, nWithoutMap } = await load()
    expect(counts).toEqual({ new: 1, known: 0, refused: 8 })
    expect(nWithoutMap).toBe(0)
    const places = Object.fromEntries(defects.map(({ kind, places: told }) => [kind, told]))
    expect(Object.keys(places).sort()).toEqual(['map-ambiguous', 'map-broken', 'map-doubled', 'map-unmatched'])
    expect(places['map-ambiguous']).toEqual([expect.stringContaining('(cats/1.png, dogs/1.png, birds/1.png)')])
    expect(places['map-broken']!.sort()).toEqual([
      expect.stringMatching(/^birds\/0\.npy: the file has the shape \(2, 2, 1\)/),
      expect.stringMatching(/^birds\/1\.npy: the file has 5000×1 cells/),
      expect.stringMatching(/^cats\/1\.png: the file is coloured/),
      expect.stringMatching(/^dogs\/0\.npy: the file holds NaN in row 1, column 0/),
      expect.stringMatching(/^dogs\/1\.npy: the file holds -0\.5 in row 1, column 1/),
    ])
    expect(await allScores(client, project)).toHaveLength(1)
    expect(photos).toHaveLength(6)
  })

  it('are judged by a table of predictions, and refused where it says nothing', async () => {
    const { load, folder, project } = await setUp()
    const predictions = join(folder, 'said.csv')
    const rows = ['image,label,probability', 'cats/0.png,cat,0.9', 'cats/1,cats,', 'dogs/0,cat,0.6', 'moles/1,mole,1']
    await writeFile(predictions, rows.join('\n'))
    const report = await load({ predictions })
    expect(report).toMatchObject({ answers: 'file', maps: { new: 3, known: 0, refused: 3 } })
    expect(report.defects.map(({ kind, count }) => [kind, count])).toEqual([['answer-missing', 3]])
    expect(report.notes.at(-1)).toMatch(/^1 of the table’s rows/)
    const scores = await allScores(client, project)
    expect(scores.map(({ predicted, probability, isCorrect }) => [predicted, probability, isCorrect])).toEqual([
      ['cat', 0.9, true],
      ['cats', null, true],
      ['cat', 0.6, false],
    ])
    const [average] = (await client['scores.average']({ project })).rows
    expect(average).toMatchObject({ n: 2, accuracy: 2 / 3, excluded: { misclassified: 1 } })

    // what was said stays said: another method of it needs no table, and a table cannot say otherwise
    expect(await load({ method: 'other' })).toMatchObject({ answers: 'file', maps: { new: 3, refused: 3 } })
    await writeFile(predictions, 'image,label\ncats/0,dog\n')
    const { maps, defects } = await load({ method: 'third', predictions })
    expect(maps).toEqual({ new: 2, known: 0, refused: 4 })
    expect(defects.map(({ kind }) => kind)).toContain('answer-differs')
  })

  it('take the predictions of a classifier of the project', async () => {
    const { load, project, folder } = await setUp()
    const model = await writeSmallModel(join(folder, 'net'), { labels: ['cat', 'dog', 'bird'] })
    await runToEnd(client, project, specOf(model, { methods: [occlusion], limit: 4 }))
    const name = (await allScores(client, project))[0]!.model
    const report = await load({ model: name })
    expect(report).toMatchObject({ answers: 'project', maps: { new: 4, known: 0, refused: 2 } })
    expect(report.defects.map(({ kind }) => kind)).toEqual(['answer-missing'])
    const scores = await allScores(client, project)
    const [own, made] = [occlusion.method, 'shap'].map((method) => scores.filter((score) => score.method === method))
    expect(made!.map(({ predicted, probability }) => [predicted, probability])).toEqual(
      own!.map(({ predicted, probability }) => [predicted, probability]),
    )
    expect(await codeOf(load({ model: name, predictions: join(folder, 'said.csv') }))).not.toBe('internal')
    expect(await codeOf(load({ model: name, method: occlusion.method }))).toBe('request.usage')
    expect((await client['project.describe']({ project })).nExplanations).toBe(8)
  })

  it('lie over what a classifier of the project sees, and need its size where that is a part of the photo', async () => {
    const { load, project, folder, maps } = await setUp()
    const path = await writeSmallModel(join(folder, 'net'), { labels: ['cat', 'dog', 'bird'] })
    const models = [{ path, card: { fit: 'crop' as const, name: 'crops' } }]
    await runToEnd(client, project, specOf(path, { models, methods: [occlusion] }))
    const {
      maps: [own],
    } = await client['image.read']({ project, image: 1 })
    const { width, height } = own!.grid
    await writeNpy(
      maps,
      'cats/0.npy',
      Array.from({ length: width * height }, () => 1),
      [height, width],
    )
    const report = await load({ model: 'crops' })
    expect(report.maps).toEqual({ new: 1, known: 0, refused: 5 })
    expect(report.defects.map(({ kind, places }) => [kind, places[0]])).toEqual([
      ['map-broken', expect.stringContaining(`${width}×${height}`) as string],
    ])
    const shown = (await client['image.read']({ project, image: 1 })).maps.find(({ method }) => method === 'shap')!
    expect(shown.grid).toEqual({ width, height, fit: 'crop' })
    // an even map gets the share of the area, which the same window gives to the classifier's own map
    expect(shown.score!.obalex).toBeCloseTo(own!.score!.areaShare!, 9)
  })

  it('come in whole or not at all where the import is cancelled', async () => {
    const { project, maps, path } = await setUp()
    const { rows } = await inspect(path)
    const controller = new AbortController()
    const request = { project, maps, method: 'shap', model: 'elsewhere' }
    const options = { signal: controller.signal, onEvent: () => controller.abort() }
    expect(await codeOf(client['maps.import'](request, options))).toBe('aborted')
    // another write waits until that one has ended
    await client['image.flag']({ project, image: 1, isFlagged: true, auditor: 'Ada' })
    const after = (await inspect(path)).rows
    expect({ explanation: after['explanation'], model: after['model'] }).toEqual({
      explanation: rows['explanation'],
      model: rows['model'],
    })
  })

  it('have a distribution of their own, also where the method is called like one of ours', async () => {
    const { load, project, photos } = await setUp()
    await load({ method: 'occlusion' })
    const { modelId } = (await client['scores.average']({ project })).rows[0]!
    const setting = { project, model: modelId, method: 'occlusion', options: { source: 'import' } }
    const { isCorrect, average } = await client['scores.distribution'](setting)
    expect([...isCorrect]).toEqual(photos.map(() => 2))
    expect(average).toMatchObject({ n: 6, accuracy: null })
  })

  it('never replace one another, nor change between known and assumed answers', async () => {
    const { load, maps, folder, path } = await setUp()
    await load()
    const { rows } = await inspect(path)
    await writeNpy(maps, 'cats/0.npy', [...ramp].reverse())
    const { maps: counts, defects } = await load()
    expect(counts).toEqual({ new: 0, known: 5, refused: 1 })
    expect(defects.map(({ kind, places }) => [kind, places[0]])).toEqual([
      ['map-differs', expect.stringContaining('cats/0.png') as string],
    ])
    expect((await inspect(path)).rows).toEqual({ ...rows, audit_log: rows['audit_log']! + 1 })
    const predictions = join(folder, 'said.csv')
    await writeFile(predictions, 'image,label\ncats/0,cat\n')
    expect(await errorOf(load({ predictions }))).toMatchObject({
      code: 'request.usage',
      hint: expect.any(String) as string,
    })
  })

  it('are scored anew when they come again after the masks, and rescored by a review', async () => {
    const { load, project, images, folder, photos, path } = await setUp()
    await load()
    const annotations = await writeCoco(join(folder, 'corrected.json'), photos, {
      maskOf: ({ mask }) => shiftMask(mask, 3, 2),
    })
    await client['dataset.import']({ project, format: 'coco', images, annotations, as: 'correction', auditor: 'Ada' })
    expect(await load()).toMatchObject({ maps: { new: 0, known: 6, refused: 0 } })
    const scores = inOrderOf(photos, await allScores(client, project))
    expect(scores.map(({ revision }) => revision)).toEqual(Array.from({ length: 6 }, () => 2))
    scores.forEach(({ obalex }, i) => {
      expect(obalex).toBeCloseTo(expectedObalex({ ...photos[i]!, mask: shiftMask(photos[i]!.mask, 3, 2) }), 6)
    })
    const shown = await client['image.read']({ project, image: 1 })
    expect(shown.maps.map(({ method, grid, score }) => [method, grid, score!.obalex])).toEqual([
      ['shap', { width: 6, height: 5, fit: 'stretch' }, scores[0]!.obalex],
    ])
    expect(shown.predictions.map(({ probability, isCorrect }) => [probability, isCorrect])).toEqual([[null, null]])

    const place = await firstObject(client, { project })
    const mask = await paintSquare(client, place, 20, 12)
    await client['review.save']({ project, image: 1, verdict: 'minor', reasons: ['ragged edge'], auditor: 'Ada' })
    const [rescored] = inOrderOf(photos, await allScores(client, project))
    expect(rescored).toMatchObject({ revision: 3 })
    expect(rescored!.obalex).toBeCloseTo(expectedObalex({ ...photos[0]!, mask }), 6)
    await client['project.close']({ project })
    expect(await client['project.verify']({ path, recompute: true })).toMatchObject({ ok: true, broken: null })
  })

  it('are counted without a class to compare with where the image has no label', async () => {
    const folder = folderIn(root)
    const images = join(folder, 'photos')
    const [photo] = await makePhotos(images, { classes: ['cat'], perClass: 1 })
    await paintPhoto({ ...photo!, path: join(images, 'x.png') }, classColour(0, 1))
    const { project } = await client['project.create']({ path: join(folder, 'p.obalex') })
    await writeFile(join(folder, 'labels.csv'), 'image,label\ncats/0.png,cat\n')
    await client['dataset.import']({ project, format: 'folder', images, labels: `csv:${join(folder, 'labels.csv')}` })
    const maps = join(folder, 'maps')
    await writeNpy(maps, 'x.npy')
    await writeNpy(maps, '0.npy')
    await client['maps.import']({ project, maps, method: 'shap', model: 'm' })
    const [average] = (await client['scores.average']({ project })).rows
    expect(average).toMatchObject({ n: 0, accuracy: null, excluded: { noMask: 1, unlabelled: 1 } })
  })

  it('are verified: a map or an answer that is another one is found, and what cannot be computed again is said', async () => {
    const { load, project, path } = await setUp()
    await load()
    await client['project.close']({ project })
    const whole = await client['project.verify']({ path, recompute: true })
    expect(whole).toMatchObject({ ok: true, checked: { maps: 6, scores: 6 }, broken: null })
    expect(whole.notes).toEqual([expect.stringMatching(/^6 maps made elsewhere: /)])
    const other = new Uint8Array(new Float64Array(30).fill(1).buffer)
    tamper(path, (database) => {
      const sha256 = hash('sha256', other)
      database.prepare('INSERT INTO blob VALUES (?, ?, ?)').run(sha256, other.length, deflateSync(other))
      database.prepare('UPDATE explanation SET blob_sha256 = ? WHERE id = 2').run(sha256)
    })
    const { broken } = await client['project.verify']({ path })
    expect(broken).toMatchObject({ message: expect.stringContaining('not the one that came in') as string })
  })

  it('are refused where there is no such folder, or the table is none', async () => {
    const { load, folder } = await setUp([])
    expect(await codeOf(load({ maps: join(folder, 'gone') }))).toBe('file.missing')
    await writeFile(join(folder, 'said.csv'), 'photo,label\n')
    expect(await codeOf(load({ predictions: join(folder, 'said.csv') }))).toBe('import.format')
    expect(await load()).toMatchObject({ maps: { new: 0, known: 0, refused: 0 }, nWithoutMap: 6 })
  })
})

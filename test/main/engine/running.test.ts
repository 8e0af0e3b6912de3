import { cp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { DenseMap } from '#common/explanation/map.ts'
import { makePhotos, paintPhoto, shiftMask, writeCoco, type Photo } from '../../builders/dataset.ts'
import { classColour, writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, errorOf, inspect, newProject, useEngine, useFolder } from './engine-tools.ts'
import { allScores, gradcam, jobOf, occlusion, runToEnd, setUpRun, specOf, type ScoreRow } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()
const classes = ['cat', 'dog', 'bird']
let model: string

beforeAll(async () => {
  model = await writeSmallModel(join(root, 'small'), { labels: classes })
})

/** What an average must be, from the list of scores. */
function averageByHand(rows: readonly ScoreRow[]) {
  const labelled = rows.filter(({ isCorrect }) => isCorrect !== null)
  const correct = labelled.filter(({ isCorrect }) => isCorrect)
  const counted = correct.filter(({ obalex }) => obalex !== null)
  const mean = (values: readonly number[]) =>
    values.length === 0 ? null : values.reduce((a, b) => a + b) / values.length
  return {
    n: counted.length,
    avgObalex: mean(counted.map(({ obalex }) => obalex!)),
    areaShare: mean(counted.map(({ areaShare }) => areaShare!)),
    accuracy: labelled.length === 0 ? null : correct.length / labelled.length,
    excluded: {
      misclassified: labelled.length - correct.length,
      unlabelled: rows.length - labelled.length,
      noMask: correct.filter(({ obalex, reason }) => obalex === null && reason === 'no-mask').length,
      noEvidence: correct.filter(({ obalex, reason }) => obalex === null && reason === 'no-evidence').length,
    },
  }
}

/** Share of each cell of the map's grid that a mask covers: nested loops over fractions of pixels. */
function coverByHand({ mask }: Photo, { width, height }: { width: number; height: number }): number[] {
  const overlap = (cell: number, pixel: number, scale: number) =>
    Math.max(0, Math.min((cell + 1) * scale, pixel + 1) - Math.max(cell * scale, pixel))
  const [scaleX, scaleY] = [mask.width / width, mask.height / height]
  return Array.from({ length: width * height }, (_, i) => {
    let sum = 0
    for (let y = 0; y < mask.height; y++) {
      for (let x = 0; x < mask.width; x++) {
        if (mask.data[y * mask.width + x] === 0) continue
        sum += overlap(i % width, x, scaleX) * overlap(Math.floor(i / width), y, scaleY)
      }
    }
    return sum / (scaleX * scaleY)
  })
}

function scoreByHand(mask: readonly number[], { data }: DenseMap): number {
  let [inside, total] = [0, 0]
  for (const [i, value] of data.entries()) {
    inside += mask[i]! * value
    total += value
  }
  return inside / total
}

describe('a run', () => {
  it('classifies, explains and scores every image, and its averages are those of its scores', async () => {
    const { project, path, photos } = await setUpRun(client, root)
    const steps: string[] = []
    const result = await runToEnd(client, project, specOf(model), ({ step }) => steps.push(step))
    expect(result).toMatchObject({ state: 'done', failures: [] })
    expect(steps[0]).toBe('loading the classifiers')
    expect(steps.at(-1)).toBe('small')
    expect(await client['project.describe']({ project })).toMatchObject({
      nModels: 1,
      nPredictions: 6,
      nExplanations: 12,
      nScores: 12,
    })
    const scores = await allScores(client, project)
    expect(scores.map(({ image, label, predicted }) => [image, label, predicted])).toEqual(
      photos.flatMap(({ file, label }) => Array(2).fill([file, label, label]) as string[][]),
    )
    expect(result.results.map(({ method }) => method)).toEqual(['occlusion', 'gradcam'])
    for (const row of result.results) {
      const own = scores.filter(({ method }) => method === row.method)
      const expected = averageByHand(own)
      expect(row).toMatchObject({
        model: 'small',
        variant: 'standard',
        maskVariant: 'standard',
        excluded: expected.excluded,
      })
      expect([row.n, row.accuracy]).toEqual([expected.n, 1])
      expect(row.avgObalex).toBeCloseTo(expected.avgObalex!, 12)
      expect(row.areaShare).toBeCloseTo(expected.areaShare!, 12)
      expect(row.lift).toBeCloseTo(expected.avgObalex! / expected.areaShare!, 12)
      const [low, high] = row.interval!
      expect(low).toBeLessThanOrEqual(row.avgObalex!)
      expect(high).toBeGreaterThanOrEqual(row.avgObalex!)
    }
    expect(result.results[0]!.n).toBe(6)
    expect(result.results[0]!.options).toEqual({ patch: 8, stride: 4, fill: 0 })
    expect(await jobOf(path, result.job)).toMatchObject({ state: 'done', done: 6, total: 6, failed: 0 })
  })

  it('gives each image the score of its map on its mask', async () => {
    const { project, photos } = await setUpRun(client, root, { perClass: 1 })
    await runToEnd(client, project, specOf(model, { methods: [occlusion] }))
    for (const [i, { obalex, areaShare, probability }] of (await allScores(client, project)).entries()) {
      const request = { model: { path: model }, image: photos[i]!.path, ...occlusion }
      const explained = await client['explanation.compute'](request)
      const [height, width] = explained.shape
      const mask = coverByHand(photos[i]!, { width, height })
      expect(obalex).toBeCloseTo(scoreByHand(mask, { width, height, data: explained.map }), 6)
      expect(areaShare).toBeCloseTo(mask.reduce((a, b) => a + b) / mask.length, 6)
      expect(probability).toBeCloseTo(explained.probability, 6)
    }
  })

  it('is told of while it is under way, so that another window can follow it', async () => {
    const { project } = await setUpRun(client, root)
    const running = async () => (await client['jobs.running']({ project })).jobs
    expect(await running()).toEqual([])
    const { job } = await client['run.start']({ project, spec: specOf(model) })
    const [known, ...others] = await running()
    expect(others).toEqual([])
    expect(known).toMatchObject({ id: job, kind: 'run', spec: specOf(model) })
    expect(await client['run.start']({ project, spec: known!.spec as never })).toEqual({ job })
    expect((await client['job.watch']({ project, job })).state).toBe('done')
    expect(await running()).toEqual([])
  })

  it('computes nothing a second time', async () => {
    const { project, path } = await setUpRun(client, root)
    const first = await runToEnd(client, project, specOf(model))
    const before = await inspect(path)
    const second = await runToEnd(client, project, specOf(model))
    expect(second.job).not.toBe(first.job)
    expect({ ...second, job: 0 }).toEqual({ ...first, job: 0 })
    const after = await inspect(path)
    expect(after.audit.slice(before.audit.length).map(({ action }) => action)).toEqual([
      'job.start',
      'model.use',
      'run.begin',
      'run.end',
      'job.done',
    ])
    expect(after.rows).toEqual({ ...before.rows, job: before.rows['job']! + 1, audit_log: after.audit.length })
  })

  it('logs each image once, with what came out', async () => {
    const { project, path } = await setUpRun(client, root, { perClass: 1 })
    const { job } = await runToEnd(client, project, specOf(model))
    const { audit } = await inspect(path)
    const scored = audit.filter(({ action }) => action === 'image.score')
    expect(scored.map(({ subject }) => subject)).toEqual(['image:1', 'image:2', 'image:3'])
    const obalex = (await allScores(client, project)).map((score) => score.obalex)
    expect(scored.flatMap(({ data }) => (data['scores'] as { obalex: number }[]).map((score) => score.obalex))).toEqual(
      obalex,
    )
    expect(audit.filter(({ subject }) => subject === `job:${job}`).map(({ action }) => action)).toEqual([
      'job.start',
      'run.begin',
      'run.end',
      'job.done',
    ])
  })

  it('can be limited to the first images, and to a split', async () => {
    const { project, folder, images } = await setUpRun(client, root)
    const limited = await runToEnd(client, project, specOf(model, { limit: 2, methods: [occlusion] }))
    expect(limited.results[0]!.n).toBe(2)
    expect((await allScores(client, project)).map(({ image }) => image)).toEqual(['cats/0.png', 'cats/1.png'])

    const photos = await makePhotos(images, { perClass: 1, split: 'test' })
    const annotations = await writeCoco(join(folder, 'test.json'), photos)
    await client['dataset.import']({ project, format: 'coco', images, annotations })
    const split = await runToEnd(client, project, specOf(model, { split: 'test', methods: [occlusion] }))
    expect(split.results[0]!.n).toBe(3)
    const nothing = await runToEnd(client, project, specOf(model, { split: 'validation' }))
    expect(nothing).toMatchObject({ state: 'done', results: [], failures: [] })
    expect((await client['project.describe']({ project })).nPredictions).toBe(5)
    // what the limited run says is not changed by the others
    expect((await runToEnd(client, project, specOf(model, { limit: 2, methods: [occlusion] }))).results).toEqual(
      limited.results,
    )
  })

  it('keeps standard and paper side by side', async () => {
    const { project } = await setUpRun(client, root)
    const standard = await runToEnd(client, project, specOf(model))
    const paper = await runToEnd(client, project, specOf(model, { variant: 'paper', maskVariant: 'paper' }))
    expect(
      standard.results.every(({ variant, maskVariant }) => variant === 'standard' && maskVariant === 'standard'),
    ).toBe(true)
    expect(paper.results.every(({ variant, maskVariant }) => variant === 'paper' && maskVariant === 'paper')).toBe(true)
    // the authors' rule widens the mask, and counts an empty map as 0
    expect(paper.results[0]!.areaShare!).toBeGreaterThan(standard.results[0]!.areaShare!)
    expect(paper.results[1]!.excluded.noEvidence).toBe(0)
    const mixed = await runToEnd(client, project, specOf(model, { maskVariant: 'paper' }))
    expect(mixed.results[0]).toMatchObject({ variant: 'standard', maskVariant: 'paper' })
    expect(mixed.results[0]!.areaShare).toBeCloseTo(paper.results[0]!.areaShare!, 12)
    expect(await client['project.describe']({ project })).toMatchObject({ nExplanations: 24, nScores: 36 })
    const { rows } = await client['scores.average']({ project })
    expect(rows.map(({ method, variant, maskVariant }) => [method, variant, maskVariant].join(' ')).sort()).toEqual(
      ['gradcam', 'occlusion'].flatMap((method) => [
        `${method} paper paper`,
        `${method} standard paper`,
        `${method} standard standard`,
      ]),
    )
  })

  it('says only what belongs to its own options and models', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1 })
    const other = await writeSmallModel(join(root, 'other'), { labels: classes, card: { preprocess: 'unit' } })
    const coarse = { method: 'occlusion', options: { patch: 16, stride: 8 } }
    const first = await runToEnd(client, project, specOf(model, { methods: [occlusion] }))
    const second = await runToEnd(client, project, specOf(model, { methods: [coarse] }))
    const third = await runToEnd(client, project, specOf(other, { methods: [occlusion] }))
    expect([first, second, third].map(({ results }) => results.length)).toEqual([1, 1, 1])
    expect([first, second, third].map(({ results }) => [results[0]!.model, results[0]!.options['patch']])).toEqual([
      ['small', 8],
      ['small', 16],
      ['other', 8],
    ])
    const both = specOf(model, { models: [{ path: other }, { path: model }], methods: [occlusion] })
    expect((await runToEnd(client, project, both)).results.map(({ model: name }) => name)).toEqual(['other', 'small'])
    expect((await client['scores.average']({ project })).rows).toHaveLength(3)
  })

  it('takes a model that was replaced as another one', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1 })
    const path = await writeSmallModel(join(root, 'retrained'), { labels: classes })
    const before = await runToEnd(client, project, specOf(path, { methods: [occlusion] }))
    await cp(join(root, 'retrained'), join(root, 'kept'), { recursive: true })
    await writeSmallModel(join(root, 'retrained'), { labels: classes, diverse: false })
    const after = await runToEnd(client, project, specOf(path, { methods: [occlusion] }))
    expect([before.results, after.results].map((rows) => rows.map(({ accuracy }) => accuracy))).toEqual([[1], [1 / 3]])
    await cp(join(root, 'kept'), join(root, 'retrained'), { recursive: true })
    const again = await runToEnd(client, project, specOf(path, { methods: [occlusion] }))
    expect(again.results).toEqual(before.results)
    expect(await client['project.describe']({ project })).toMatchObject({ nModels: 2, nPredictions: 6 })
  })

  it('counts what is in no average', async () => {
    const wrongDogs = {
      colourOf: (classIndex: number, number: number) => (classIndex === 1 && number === 0 ? 2 : classIndex),
    }
    const categoryOf = ({ file, label }: Photo) => (file === 'birds/1.png' ? null : label)
    const { project, folder } = await setUpRun(client, root, { ...wrongDogs, categoryOf })
    const unlabelled = join(folder, 'unlabelled')
    const [photo] = await makePhotos(join(folder, 'more'), { perClass: 1, classes: ['cat'] })
    await paintPhoto({ ...photo!, path: join(unlabelled, 'picture.png') }, classColour(0, 3))
    await client['dataset.import']({ project, format: 'folder', images: unlabelled })
    const { results } = await runToEnd(client, project, specOf(model))
    expect(results[0]).toMatchObject({
      n: 4,
      accuracy: 5 / 6,
      excluded: { misclassified: 1, noMask: 1, noEvidence: 0, unlabelled: 1 },
    })
    const scores = await allScores(client, project)
    for (const { method, excluded, n } of results) {
      const { misclassified, noMask, noEvidence, unlabelled: nUnlabelled } = excluded
      expect(n + misclassified + noMask + noEvidence + nUnlabelled).toBe(7)
      expect(excluded).toEqual(averageByHand(scores.filter((score) => score.method === method)).excluded)
    }
    expect(scores.find(({ image }) => image === 'birds/1.png')).toMatchObject({
      obalex: null,
      reason: 'no-mask',
      isCorrect: true,
    })
    expect(scores.find(({ image }) => image === 'picture.png')).toMatchObject({ label: null, isCorrect: null })
  })
})

describe('the classes of a run', () => {
  it('are matched by their names, which is told', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1 })
    const { notes } = await runToEnd(client, project, specOf(model, { methods: [occlusion] }))
    expect(notes).toEqual([
      'small: classes matched to labels by their names: cat = 1 class, dog = 1 class, bird = 1 class',
    ])
  })

  it('are matched by a class map where there is one', async () => {
    const { project, folder, path } = await setUpRun(client, root, { perClass: 1 })
    const foreign = await writeSmallModel(join(root, 'foreign'), { labels: ['alpha', 'beta', 'gamma'] })
    const unmatched = await runToEnd(client, project, specOf(foreign, { methods: [occlusion] }))
    expect(unmatched.results[0]).toMatchObject({ accuracy: 0, n: 0, avgObalex: null })
    expect(unmatched.notes[0]).toContain('none of its classes is matched')

    const classMap = join(folder, 'map.json')
    await writeFile(classMap, JSON.stringify({ classifier: { alpha: 'cat', 1: 'dog', Gamma: 'bird' } }))
    const spec = specOf(foreign, { methods: [occlusion], classMap })
    const matched = await runToEnd(client, project, spec)
    expect(matched.results[0]).toMatchObject({ accuracy: 1, n: 3 })
    expect(matched.notes).toEqual([])
    // it stays in force, and is not put there again
    const before = await inspect(path)
    expect((await runToEnd(client, project, spec)).results).toEqual(matched.results)
    expect((await runToEnd(client, project, specOf(foreign, { methods: [occlusion] }))).results).toEqual(
      matched.results,
    )
    expect((await inspect(path)).rows['class_map']).toBe(before.rows['class_map'])
  })

  it('may not be mapped by a name that there is not', async () => {
    const { project, folder, path } = await setUpRun(client, root, { perClass: 1 })
    const classMap = join(folder, 'wrong.json')
    await writeFile(classMap, JSON.stringify({ classifier: { catt: 'cat' } }))
    const { job } = await client['run.start']({ project, spec: specOf(model, { classMap }) })
    const error = await errorOf(client['job.watch']({ project, job }))
    expect(error).toMatchObject({ code: 'class-map.format', hint: 'Did you mean cat?' })
    expect(await jobOf(path, job)).toMatchObject({ state: 'failed', error: { code: 'class-map.format' } })
    expect((await inspect(path)).rows).toMatchObject({ class_map: 0, prediction: 0 })
    // who asks later, or elsewhere, is told the same
    expect(await codeOf(client['job.watch']({ project, job }))).toBe('class-map.format')
    const { project: reader } = await client['project.open']({ path, mode: 'read' })
    expect(await codeOf(client['job.watch']({ project: reader, job }))).toBe('class-map.format')
  })

  it.each([
    ['no JSON', '{"classifier": ', 'class-map.format'],
    ['another form', '["cat"]', 'class-map.format'],
  ])('are refused before the run starts where the file holds %s', async (_, text, code) => {
    const { project, folder, path } = await setUpRun(client, root, { perClass: 1 })
    const classMap = join(folder, 'broken.json')
    await writeFile(classMap, text)
    expect(await codeOf(client['run.start']({ project, spec: specOf(model, { classMap }) }))).toBe(code)
    const missing = specOf(model, { classMap: join(folder, 'none.json') })
    expect(await codeOf(client['run.start']({ project, spec: missing }))).toBe('file.missing')
    expect((await inspect(path)).rows['job']).toBe(0)
  })
})

describe('what a run is refused for', () => {
  it.each([
    ['an unknown method', { methods: [{ method: 'tarot' }] }, 'explainer.unknown'],
    ['an unknown option', { methods: [{ method: 'occlusion', options: { petch: 4 } }] }, 'explainer.options'],
    ['no method', { methods: [] }, 'request.invalid'],
  ])('is %s, before it starts', async (_, changes, code) => {
    const { project, path } = await setUpRun(client, root, { perClass: 1 })
    expect(await codeOf(client['run.start']({ project, spec: specOf(model, changes) }))).toBe(code)
    expect((await inspect(path)).rows['job']).toBe(0)
  })

  it.each([
    ['a model that is not there', 'file.missing', () => specOf(join(root, 'none/model.json'))],
    [
      'a patch that is larger than the photo',
      'explainer.options',
      () => specOf(model, { methods: [{ method: 'occlusion', options: { patch: 33 } }] }),
    ],
    [
      'a layer that there is not',
      'model.layer-missing',
      () => specOf(model, { methods: [{ method: 'gradcam', options: { layer: 'block9' } }] }),
    ],
  ])('fails as a whole for %s, once', async (_, code, makeSpec) => {
    const { project, path } = await setUpRun(client, root, { perClass: 1 })
    const { job } = await client['run.start']({ project, spec: makeSpec() })
    expect(await codeOf(client['job.watch']({ project, job }))).toBe(code)
    expect(await jobOf(path, job)).toMatchObject({ state: 'failed', failed: 0, error: { code } })
    // the same job is taken up again once the cause is gone
    const again = await client['run.start']({ project, spec: makeSpec() })
    expect(again.job).toBe(job)
    await errorOf(client['job.watch']({ project, job }))
  })

  it('is a job that there is not', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1 })
    expect(await codeOf(client['job.watch']({ project, job: 77 }))).toBe('record.missing')
    expect(await codeOf(client['job.cancel']({ project, job: 77 }))).toBe('record.missing')
  })
})

describe('an image that cannot be done', () => {
  it('is named, and the others are done', async () => {
    const { project, photos, path } = await setUpRun(client, root)
    await rm(photos[1]!.path)
    await paintPhoto(photos[3]!, [200, 200, 0])
    await writeFile(photos[4]!.path, 'no photo any more')
    const result = await runToEnd(client, project, specOf(model, { methods: [occlusion] }))
    expect(result.state).toBe('done')
    expect(result.failures.map(({ image, code }) => [image, code])).toEqual([
      [photos[1]!.file, 'file.missing'],
      [photos[3]!.file, 'image.changed'],
      [photos[4]!.file, expect.stringMatching(/^image\.|^file\.format/)],
    ])
    expect(result.results[0]).toMatchObject({ n: 3, accuracy: 1 })
    expect(await jobOf(path, result.job)).toMatchObject({ state: 'done', done: 6, total: 6, failed: 3 })
    const { audit } = await inspect(path)
    expect(audit.filter(({ action }) => action === 'image.fail')).toHaveLength(3)
  })

  it('is done with the next run once it is there again, and was never done twice', async () => {
    const { project, photos } = await setUpRun(client, root)
    await rm(photos[0]!.path)
    const spec = specOf(model, { methods: [occlusion] })
    expect((await runToEnd(client, project, spec)).failures).toHaveLength(1)
    await paintPhoto(photos[0]!, classColour(0, 3))
    const result = await runToEnd(client, project, spec)
    expect(result).toMatchObject({ state: 'done', failures: [], results: [{ n: 6 }] })
    expect(await client['project.describe']({ project })).toMatchObject({
      nPredictions: 6,
      nExplanations: 6,
      nScores: 6,
    })
  })

  it('whose photo was replaced is done anew after the next import; its old results no longer count', async () => {
    const { project, photos, folder, images } = await setUpRun(client, root)
    const spec = specOf(model, { methods: [occlusion] })
    await runToEnd(client, project, spec)
    // the cat is now a photo that the model takes for a dog
    await paintPhoto(photos[0]!, classColour(1, 3))
    await client['dataset.import']({ project, format: 'coco', images, annotations: join(folder, 'coco.json') })
    expect((await allScores(client, project)).map(({ image }) => image)).not.toContain(photos[0]!.file)
    const { results, failures } = await runToEnd(client, project, spec)
    expect(failures).toEqual([])
    expect(results[0]).toMatchObject({ n: 5, accuracy: 5 / 6, excluded: { misclassified: 1 } })
    expect(await client['project.describe']({ project })).toMatchObject({ nPredictions: 7, nScores: 7 })
  })

  it('because its mask has another size, is named before anything is computed for it', async () => {
    const { project, photos, path, images } = await setUpRun(client, root, { perClass: 1 })
    const photo = photos[0]!
    await paintPhoto({ ...photo, width: 40, height: 40 }, classColour(0, 3))
    await client['dataset.import']({ project, format: 'folder', images })
    const result = await runToEnd(client, project, specOf(model, { methods: [gradcam] }))
    expect(result.failures).toMatchObject([{ image: photo.file, code: 'mask.size' }])
    expect((await inspect(path)).rows['prediction']).toBe(2)
  })
})

describe('a mask that was corrected', () => {
  it('puts a new score in force; the old one is kept', async () => {
    const { project, photos, path, folder, images } = await setUpRun(client, root)
    const spec = specOf(model, { methods: [occlusion] })
    const first = await runToEnd(client, project, spec)
    const before = await allScores(client, project)

    const annotations = await writeCoco(join(folder, 'corrected.json'), [photos[2]!], {
      maskOf: ({ mask }) => shiftMask(mask, 9, 6),
    })
    await client['dataset.import']({ project, format: 'coco', images, annotations, as: 'correction', auditor: 'Ada' })
    const second = await runToEnd(client, project, spec)
    const after = await allScores(client, project)
    expect(after.map(({ image, revision }) => [image, revision]).sort()).toEqual(
      before.map(({ image }) => [image, image === photos[2]!.file ? 2 : 1]).sort(),
    )
    const obalexOf = (rows: readonly ScoreRow[]) => rows.find(({ image }) => image === photos[2]!.file)!.obalex!
    expect(obalexOf(after)).not.toBeCloseTo(obalexOf(before), 3)
    expect((await inspect(path)).rows).toMatchObject({ prediction: 6, explanation: 6, score: 7 })

    const { rows } = await client['scores.average']({ project, by: 'revision' })
    expect(rows.map(({ group }) => group)).toEqual(['first', 'newest'])
    expect(rows[0]!.avgObalex).toBeCloseTo(first.results[0]!.avgObalex!, 12)
    expect(rows[1]!.avgObalex).toBeCloseTo(second.results[0]!.avgObalex!, 12)
    expect(rows[1]!.avgObalex! - rows[0]!.avgObalex!).toBeCloseTo((obalexOf(after) - obalexOf(before)) / 6, 12)
  })
})

describe('a project without images', () => {
  it('is run to an empty end', async () => {
    const project = await newProject(client, join(root, 'empty.obalex'))
    expect(await runToEnd(client, project, specOf(model))).toMatchObject({ state: 'done', results: [], failures: [] })
  })
})

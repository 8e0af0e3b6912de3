import { existsSync, readdirSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readAuditHead } from '#main/project/audit-log.ts'
import { openProject } from '#main/project/open.ts'
import { classColour, writeSmallModel } from '../../builders/small-model.ts'
import { paintPhoto, shiftMask, writeCoco } from '../../builders/dataset.ts'
import { codeOf, errorOf, fileHash, folderIn, newProject, reading, useEngine, useFolder } from './engine-tools.ts'
import { allScores, gradcam, occlusion, runToEnd, setUpRun, specOf, type RunSetting } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()
const labels = ['cat', 'dog', 'bird']
let good: string
let poor: string

interface Example {
  readonly image: string
  readonly obalex: number | null
  readonly predicted: string
}

interface Result {
  readonly classifier: number
  readonly n: number
  readonly nImages: number
  readonly nCorrect: number
  readonly best: readonly Example[]
  readonly worst: readonly Example[]
  readonly histogram: { readonly counts: readonly number[] }
  readonly byClass: readonly Record<string, unknown>[]
  readonly [key: string]: unknown
}

interface ReportJson {
  readonly project: { readonly name: string; readonly id: string; readonly auditLog: object }
  readonly data: {
    readonly nImages: number
    readonly runs: readonly { readonly failed: number }[]
    readonly failures: readonly object[]
  }
  readonly classifiers: readonly {
    readonly name: string
    readonly sha256: string
    readonly runtimes: object
    readonly nMisclassified: number
    readonly misclassified: readonly Example[]
  }[]
  readonly methods: readonly { readonly id: string; readonly options: readonly { readonly name: string }[] }[]
  readonly results: readonly Result[]
  readonly comparisons: readonly { readonly isComparable: boolean }[]
  readonly scores: readonly {
    readonly result: number
    readonly image: string
    readonly obalex: number | null
    readonly isCorrect: boolean | null
  }[]
}

beforeAll(async () => {
  good = await writeSmallModel(join(root, 'good'), { labels })
  poor = await writeSmallModel(join(root, 'poor'), { labels, diverse: false })
}, 60_000)

async function write(project: number, ending: '.html' | '.json'): Promise<string> {
  const out = join(folderIn(root), `report${ending}`)
  const { path, bytes } = await client['report.write']({ project, out })
  const text = await readFile(path, 'utf8')
  expect(path).toBe(out)
  expect(Buffer.byteLength(text)).toBe(bytes)
  return text
}

const jsonOf = async (project: number): Promise<ReportJson> => JSON.parse(await write(project, '.json')) as ReportJson
const picturesIn = (page: string): number => page.match(/src="data:image\/webp;base64,/g)?.length ?? 0

describe('the report of a project with two classifiers', () => {
  let setting: RunSetting
  beforeAll(async () => {
    setting = await setUpRun(client, root, { perClass: 5 })
    await runToEnd(client, setting.project, specOf(good, { models: [{ path: good }, { path: poor }] }))
    const paper = specOf(good, { methods: [gradcam], variant: 'paper', maskVariant: 'paper' })
    await runToEnd(client, setting.project, paper)
  }, 90_000)

  it('has the averages that the engine gives, in all and by class', async () => {
    const { results, classifiers } = await jsonOf(setting.project)
    const line = ({
      model,
      method,
      variant,
      options,
      maskVariant,
      accuracy,
      avgObalex,
      interval,
      n,
      areaShare,
      lift,
      excluded,
    }: Record<string, unknown>) => ({
      ...{ model, method, variant, options, maskVariant, accuracy, avgObalex, interval, n, areaShare, lift, excluded },
    })
    const sorted = (rows: object[]): string[] => rows.map((row) => JSON.stringify(row)).sort()
    const { rows } = await client['scores.average']({ project: setting.project })
    const lines = results.map((result) => line({ ...result, model: classifiers[result.classifier]!.name }))
    expect(lines).toHaveLength(5)
    expect(sorted(lines)).toEqual(sorted(rows.map(line)))
    const byClass = await client['scores.average']({ project: setting.project, by: 'class' })
    const ofClasses = results.flatMap((result) =>
      result.byClass.map((average) => ({
        group: average['label'],
        ...line({ ...result, ...average, model: classifiers[result.classifier]!.name }),
      })),
    )
    expect(sorted(ofClasses)).toEqual(sorted(byClass.rows.map((row) => ({ group: row.group, ...line(row) }))))
  })

  it('has every score that the engine lists, under its result', async () => {
    const { scores, results, classifiers } = await jsonOf(setting.project)
    const listed = (await allScores(client, setting.project)).map(
      ({
        model,
        method,
        variant,
        maskVariant,
        image,
        label,
        predicted,
        probability,
        isCorrect,
        obalex,
        areaShare,
        lift,
        normalized,
        reason,
        pointingGame,
        relevanceRank,
        topK,
        auc,
      }) =>
        JSON.stringify({
          model,
          method,
          variant,
          maskVariant,
          image,
          label,
          predicted,
          probability,
          isCorrect,
          obalex,
          areaShare,
          lift,
          normalized,
          reason,
          pointingGame,
          relevanceRank,
          topK,
          auc,
        }),
    )
    const reported = scores.map(({ result, ...score }) => {
      const { classifier, method, variant, maskVariant } = results[result]!
      return JSON.stringify({ model: classifiers[classifier]!.name, method, variant, maskVariant, ...score })
    })
    expect(reported).toHaveLength(75)
    expect(reported.sort()).toEqual(listed.sort())
  })

  it('counts and ranks the images of each average', async () => {
    const { scores, results } = await jsonOf(setting.project)
    for (const [position, result] of results.entries()) {
      const own = scores.filter((score) => score.result === position)
      expect(result.nImages).toBe(own.length)
      expect(result.nCorrect).toBe(own.filter(({ isCorrect }) => isCorrect).length)
      const counted = own
        .flatMap(({ isCorrect, obalex }) => (isCorrect && obalex !== null ? [obalex] : []))
        .sort((a, b) => a - b)
      expect(counted).toHaveLength(result.n)
      expect(result.histogram.counts.reduce((a, b) => a + b)).toBe(result.n)
      const bins = result.histogram.counts.flatMap((n, bin) => Array.from({ length: n }, () => bin))
      expect(bins).toEqual(counted.map((obalex) => Math.min(19, Math.floor(obalex * 20))))
      expect(result.worst.map(({ obalex }) => obalex)).toEqual(counted.slice(0, Math.min(6, Math.ceil(result.n / 2))))
      expect(result.best.map(({ obalex }) => obalex)).toEqual(
        counted.reverse().slice(0, Math.min(6, Math.floor(result.n / 2))),
      )
      expect(new Set([...result.best, ...result.worst].map(({ image }) => image)).size).toBe(
        result.best.length + result.worst.length,
      )
    }
  })

  it('says which project it is of, in which state, and what was used', async () => {
    const { project, data, classifiers, methods, comparisons } = await jsonOf(setting.project)
    const { id, nImages } = await client['project.describe']({ project: setting.project })
    const { seq, hash } = await reading(setting.path, ({ read }) => readAuditHead(read))
    expect(project).toMatchObject({ name: 'test', id, auditLog: { entries: seq, headHash: hash } })
    expect(data).toMatchObject({ nImages, runs: [{ state: 'done', failed: 0 }, { state: 'done' }], failures: [] })
    expect(classifiers).toMatchObject([
      { name: 'good', file: 'good/model.json', nMisclassified: 0, misclassified: [] },
      { name: 'poor', nImages: 15, nMisclassified: 10 },
    ])
    expect(classifiers[1]!.misclassified).toHaveLength(6)
    expect(classifiers[1]!.misclassified.every(({ predicted }) => predicted === 'cat')).toBe(true)
    const runtimes = await reading(setting.path, ({ read }) =>
      read.selectFrom('prediction').select('runtime').distinct().execute(),
    )
    expect(classifiers[0]!.runtimes).toMatchObject({ predictions: runtimes.map(({ runtime }) => runtime) })
    expect(methods.map(({ id: method, options }) => [method, options.map(({ name }) => name)])).toEqual([
      ['occlusion', ['patch', 'stride', 'fill']],
      ['gradcam', ['layer']],
    ])
    expect(comparisons).toHaveLength(2)
    expect(comparisons.every(({ isComparable }) => isComparable)).toBe(true)
  })

  it('names no place on the machine', async () => {
    for (const ending of ['.html', '.json'] as const) {
      expect(await write(setting.project, ending)).not.toContain(root)
    }
  })

  it('shows the lowest, the highest and the misclassified images as one page', async () => {
    const { results, classifiers } = await jsonOf(setting.project)
    const shown = [
      ...results.flatMap(({ best, worst }) => [...best, ...worst]),
      ...classifiers.flatMap(({ misclassified }) => misclassified),
    ]
    const page = await write(setting.project, '.html')
    expect(picturesIn(page)).toBe(shown.length)
    expect(page).not.toMatch(/NaN|undefined/)
    expect(page).toContain('Misclassified images')
  })

  it('leaves the project as it is, and needs it open for reading only', async () => {
    await client['project.close']({ project: setting.project })
    const before = fileHash(setting.path)
    const { project } = await client['project.open']({ path: setting.path, mode: 'read' })
    await write(project, '.html')
    expect(fileHash(setting.path)).toBe(before)
    setting = { ...setting, project }
  })

  it('can be written while another one writes the project, and afterwards the project is free', async () => {
    const writer = await openProject(setting.path, { mode: 'write', now: Date.now })
    const report = write(setting.project, '.json')
    await writer.write({ actor: 'test', action: 'test', subject: 'test' }, () => Promise.resolve())
    const { seq } = await readAuditHead(writer.read)
    const { project } = JSON.parse(await report) as { project: { auditLog: { entries: number } } }
    expect([seq - 1, seq]).toContain(project.auditLog.entries)
    await writer.close()
    expect(readdirSync(join(setting.path, '..')).filter((name) => /-(wal|shm)$/.test(name))).toEqual([])
  })

  it('leaves nothing behind where it is cancelled', async () => {
    const folder = folderIn(root)
    for (const ending of ['.html', '.json']) {
      const controller = new AbortController()
      const call = client['report.write'](
        { project: setting.project, out: join(folder, `report${ending}`) },
        { signal: controller.signal, onEvent: () => controller.abort() },
      )
      if (ending === '.json') controller.abort()
      expect(await codeOf(call)).toBe('aborted')
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it('is refused under a name that says no kind, in no folder, and over the project', async () => {
    const at = (out: string): Promise<unknown> => client['report.write']({ project: setting.project, out })
    expect(await errorOf(at(join(root, 'report.docx')))).toMatchObject({
      code: 'request.usage',
      hint: expect.stringContaining('.html or .json') as string,
    })
    expect(await codeOf(at(join(root, 'none', 'report.html')))).toBe('file.unwritable')
    const path = join(folderIn(root), 'project.json')
    const project = await newProject(client, path)
    expect(await codeOf(client['report.write']({ project, out: path }))).toBe('request.usage')
    expect(existsSync(path)).toBe(true)
    expect(await client['project.describe']({ project })).toMatchObject({ nImages: 0 })
  })
})

describe('the report of a project', () => {
  it('without anything is a readable page', async () => {
    const project = await newProject(client, join(folderIn(root), 'empty.obalex'))
    expect(await write(project, '.html')).toContain('There are no scores yet')
    expect(await jsonOf(project)).toMatchObject({
      data: { nImages: 0, runs: [] },
      classifiers: [],
      results: [],
      scores: [],
    })
  })

  it('shows no photo that has changed or is gone, and names images that a run could not do', async () => {
    const { project, photos } = await setUpRun(client, root, { perClass: 1 })
    const spec = specOf(good, { methods: [occlusion] })
    await runToEnd(client, project, spec)
    await paintPhoto(photos[0]!, classColour(1, 3))
    await rm(photos[1]!.path)
    await runToEnd(client, project, specOf(good, { methods: [gradcam] }))
    const page = await write(project, '.html')
    expect(page).toContain('The photo has changed since it was explained')
    expect(page).toContain('The photo is not where it was imported from')
    expect(picturesIn(page)).toBeGreaterThan(0)
    const { data } = await jsonOf(project)
    expect(data.failures).toMatchObject([
      { job: 2, image: photos[0]!.file, code: 'image.changed' },
      { job: 2, image: photos[1]!.file, code: 'file.missing' },
    ])
    expect(page).toContain('2 times a run could not do an image')
  })

  it('says where a mask was corrected after the score', async () => {
    const { project, photos, folder, images } = await setUpRun(client, root, { perClass: 1 })
    await runToEnd(client, project, specOf(good, { methods: [occlusion] }))
    const annotations = await writeCoco(join(folder, 'new.json'), [photos[0]!], {
      maskOf: ({ mask }) => shiftMask(mask, 2, 1),
    })
    await client['dataset.import']({ project, format: 'coco', images, annotations, as: 'correction', auditor: 'Ada' })
    const page = await write(project, '.html')
    expect(page.match(/The mask was changed after this score/g)).toHaveLength(1)
    await runToEnd(client, project, specOf(good, { methods: [occlusion], limit: 3 }))
    const again = await write(project, '.html')
    expect(again).not.toContain('The mask was changed after this score')
    expect(again).toContain('1 later revision')
  })

  it('tells classifiers of the same name apart', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1 })
    const models = [{ path: good }, { path: good, card: { resize: 'bilinear' as const } }]
    await runToEnd(client, project, specOf(good, { models, methods: [occlusion] }))
    const { classifiers } = await jsonOf(project)
    expect(classifiers.map(({ name }) => name)).toEqual(['good (model 1)', 'good (model 2)'])
  })
})

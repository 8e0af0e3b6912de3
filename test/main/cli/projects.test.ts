import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { parseCsv } from '#common/classes/csv.ts'
import { openProject } from '#main/project/open.ts'
import { installed, machineNode, startObalex } from '../../builders/obalex-process.ts'
import { writeSmallDetector } from '../../builders/small-detector.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { colours, copyPets, writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

interface Info {
  readonly nImages: number
  readonly nInstances: number
  readonly nExplanations: number
  readonly nScores: number
}

interface RunResults {
  readonly results: readonly { readonly method: string; readonly n: number; readonly avgObalex: number }[]
  readonly failures: readonly { readonly image: string; readonly code: string }[]
}

const info = (project: string): Promise<Info> => obalexJson<Info>(['project', 'info', project])

/** Waits until a run in another process has stored its first explanation. */
async function firstExplanation(project: string): Promise<void> {
  while ((await info(project)).nExplanations === 0) await wait(50)
}

/** A project with nine plain images and a mask on each. */
async function makeProject(nEach = 3): Promise<{ folder: string; project: string; photos: string }> {
  const folder = temporaryFolder()
  const [project, photos] = [join(folder, 'p.obalex'), join(folder, 'photos')]
  await writeColourPhotos(photos, nEach)
  await obalexJson(['project', 'create', project])
  await obalexJson(importArgs(project, photos))
  return { folder, project, photos }
}

function importArgs(project: string, photos: string): string[] {
  return ['import', project, '--format', 'coco', '--images', photos, '--annotations', join(photos, 'instances.json')]
}

describe('projects', () => {
  it('are made once, and never over another file', async () => {
    const project = join(temporaryFolder(), 'p.obalex')
    expect(await obalexJson(['project', 'create', project])).toMatchObject({ path: project, nImages: 0 })
    const again = await obalex(['project', 'create', project])
    expect(again).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^obalex: .+ — .+\n$/) as string,
    })
    expect(await obalex(['project', 'info', `${project}.gone`])).toMatchObject({ status: 1, stdout: '' })
  })

  it('say which masks are the object, and take another rule for it', async () => {
    const { folder, project, photos } = await makeProject(1)
    const found = JSON.parse(readFileSync(join(photos, 'instances.json'), 'utf8')) as {
      annotations: { image_id: number; category_id: number; segmentation: object }[]
    }
    const { image_id, category_id } = found.annotations[0]!
    const doubtful = { image_id, category_id, segmentation: [[1, 1, 9, 1, 9, 9]], score: 0.4 }
    const predictions = join(folder, 'results.json')
    writeFileSync(predictions, JSON.stringify([doubtful]))
    const results = importArgs(project, photos).map((word) => (word === 'coco' ? 'coco-results' : word))
    await obalexJson([...results, '--predictions', predictions])

    const listed = async () => {
      const { instances } = await obalexJson<{
        instances: { score: number | null; isObject: boolean; standing: string }[]
      }>(['instances', project])
      return instances.map(({ score, isObject, standing }) => [score, isObject, standing])
    }
    const exact = Array.from({ length: 3 }, () => [null, true, 'rule'])
    expect(await listed()).toEqual([...exact, [0.4, true, 'rule']])
    const { status, stdout, stderr } = await obalex(['classes', project, '--min-confidence', '0.7', '--pick', 'union'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '0 images scored again\n' })
    expect(stdout).toContain('a confidence of 0.7 or more')
    expect(await listed()).toEqual([...exact, [0.4, false, 'low-confidence']])
    expect(await obalexJson(['classes', project, '--pick', 'biggest'])).toMatchObject({
      objects: { choice: { minConfidence: 0.7, pick: 'biggest' }, nByHand: 0 },
    })
    expect((await obalex(['instances', project])).stdout).toMatch(/ no +low-confidence$/m)
    expect(await obalex(['classes', project, '--min-confidence', '2'])).toMatchObject({ status: 2, stdout: '' })
    expect(await obalex(['classes', project, '--pick', 'smallest'])).toMatchObject({ status: 2, stdout: '' })
  })

  it('take data in, say first what would come, and know them again', async () => {
    const folder = temporaryFolder()
    const [project, photos] = [join(folder, 'p.obalex'), join(folder, 'photos')]
    await writeColourPhotos(photos, 2)
    await obalexJson(['project', 'create', project])
    const expected = {
      images: { new: 6, known: 0, refused: 0 },
      instances: { new: 6, known: 0, refused: 0 },
      labels: ['blue', 'green', 'red'].map((label) => ({ label, count: 2 })),
      isLabelRuleGuessed: true,
    }
    const dry = await obalexJson<{ labels: { label: string }[] }>([...importArgs(project, photos), '--dry-run'])
    dry.labels.sort((a, b) => a.label.localeCompare(b.label))
    expect(dry).toMatchObject({ isDryRun: true, ...expected })
    expect(await info(project)).toMatchObject({ nImages: 0 })
    const { stdout, status } = await obalex(importArgs(project, photos))
    expect(status).toBe(0)
    expect(stdout).toMatch(/^images +6 new$/m)
    expect(stdout).toContain('a guess: say it with --labels')
    expect(await info(project)).toMatchObject({ nImages: 6, nInstances: 6 })
    expect(await obalexJson(importArgs(project, photos))).toMatchObject({ images: { new: 0, known: 6 } })
  })

  it('refuse a format that there is not, naming those there are, and corrections of nobody', async () => {
    const { project, photos } = await makeProject(1)
    const format = await obalex(['import', project, '--format', 'tarot', '--images', photos])
    expect(format).toMatchObject({ status: 2, stderr: expect.stringMatching(/folder.*coco/) as string })
    const nobody = await obalex([...importArgs(project, photos), '--as', 'correction'])
    expect(nobody).toMatchObject({ status: 2, stderr: expect.stringContaining('--auditor') as string })
    const out = await obalex(['export', project, '--format', 'folder', '--out', join(photos, 'out')])
    expect(out.status).toBe(2)
  })

  it('list masks, export them and leave files that can be imported again', async () => {
    const { folder, project, photos } = await makeProject(1)
    const { instances } = await obalexJson<{ instances: object[] }>(['instances', project])
    expect(instances).toHaveLength(3)
    expect(instances[0]).toMatchObject({ image: 'red/0.png', category: 'thing', area: 576, bbox: [12, 12, 24, 24] })
    const out = join(folder, 'out')
    const exported = await obalexJson<{ files: string[] }>(['export', project, '--format', 'coco', '--out', out])
    expect(exported).toEqual({
      files: [join(out, 'instances.json')],
      images: 3,
      instances: 3,
      emptyMasks: 0,
      losses: [],
    })
    const again = join(folder, 'again.obalex')
    await obalexJson(['project', 'create', again])
    const report = await obalexJson([
      'import',
      again,
      '--format',
      'coco',
      '--images',
      photos,
      '--annotations',
      exported.files[0]!,
    ])
    expect(report).toMatchObject({ instances: { new: 3, refused: 0 } })
  })

  it('say what a format of labels takes, and what it could not hold', async () => {
    const { folder, project, photos } = await makeProject(1)
    const labels = join(folder, 'labels/red')
    mkdirSync(labels, { recursive: true })
    writeFileSync(join(labels, '0.txt'), '0 0.1 0.1 0.5 0.1 0.5 0.5 0.875\n')
    const args = ['--images', photos, '--annotations', join(folder, 'labels'), '--labels', 'folder']
    const report = await obalexJson(['import', project, '--format', 'yolo-seg', ...args])
    expect(report).toMatchObject({ images: { new: 0, known: 3 }, instances: { new: 1 } })
    const exported = await obalex(['export', project, '--format', 'yolo-seg', '--out', join(folder, 'out')])
    expect(exported).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('3 images, 4 masks, read back and compared') as string,
      stderr: expect.stringContaining('What the format cannot hold: scores left out (1).') as string,
    })
  })

  it('tell what the format of an export has no room for', async () => {
    const { folder, project, photos } = await makeProject(1)
    const [coco, scored] = [join(folder, 'coco'), join(folder, 'scored.obalex')]
    await obalexJson(['export', project, '--format', 'coco', '--out', coco])
    const file = join(coco, 'instances.json')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"iscrowd":0', '"iscrowd":0,"score":0.5'))
    await obalexJson(['project', 'create', scored])
    await obalexJson(['import', scored, '--format', 'coco', '--images', photos, '--annotations', file])
    const { status, stdout, stderr } = await obalex(['export', scored, '--format', 'png', '--out', join(folder, 'png')])
    expect({ status, stdout, stderr }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('3 images, 3 masks, read back and compared') as string,
      stderr: expect.stringContaining('What the format cannot hold: scores left out (3).') as string,
    })
    expect(existsSync(join(folder, 'png/red/0/0_thing.png'))).toBe(true)
  })

  it('can be looked into while another process writes', async () => {
    const { project } = await makeProject(1)
    const writer = await openProject(project, { mode: 'write', now: Date.now })
    try {
      expect(await info(project)).toMatchObject({ nImages: 3 })
      const refused = await obalex(['run', project, '--models', 'm.json', '--methods', 'gradcam'])
      expect(refused).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(/^obalex: .+ — .+\n$/) as string,
      })
    } finally {
      await writer.close()
    }
  })

  it('end quietly when nobody reads', async () => {
    const { project } = await makeProject(1)
    const { child, ended } = startObalex(['instances', project, '--jsonl'])
    child.stdout!.destroy()
    expect(await ended).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('run', () => {
  it('prints exactly what it promises, and scores can be had by image and by class', async () => {
    const { folder, project } = await makeProject()
    const model = await writeSmallModel(join(folder, 'model'), { labels: colours, inputSide: 64, name: 'tiny' })
    const args = ['run', project, '--models', model, '--methods', 'occlusion,gradcam']
    const { results, failures } = await obalexJson<RunResults>(args)
    expect(failures).toEqual([])
    expect(results.map(({ method }) => method)).toEqual(['occlusion', 'gradcam'])
    expect(Object.keys(results[0]!)).toEqual([
      ...'model method variant accuracy avgObalex interval n areaShare'.split(' '),
      ...['pointingGame', 'relevanceRank', 'topK', 'auc', 'excluded'],
    ])
    expect(results[0]).toMatchObject({ model: 'tiny', variant: 'standard', accuracy: 1, areaShare: 0.25 })

    const csv = await obalex(['scores', project, '--csv'])
    const [head, ...rows] = parseCsv(csv.stdout)
    expect(csv.status).toBe(0)
    expect(head!.slice(0, 6)).toEqual(['id', 'image', 'label', 'model', 'predicted', 'isCorrect'])
    expect(rows).toHaveLength(18)
    const byClass = await obalexJson<{ results: { group: string }[] }>(['scores', project, '--by', 'class'])
    expect([...new Set(byClass.results.map(({ group }) => group))]).toEqual(['blue', 'green', 'red'])
    const lines = (await obalex(['scores', project, '--jsonl'])).stdout.trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { model: string }).model)).toEqual(Array(18).fill('tiny'))
    const table = await obalex([...args, '--quiet'])
    expect(table).toMatchObject({ status: 0, stderr: '' })
    expect(table.stdout).toMatch(/^model +method +variant +accuracy +AvgObAlEx/)
  })

  it('gives each method the options that it has, and says before it starts what it will take', async () => {
    const { folder, project } = await makeProject(2)
    const model = await writeSmallModel(join(folder, 'model'), { labels: colours })
    const args = ['run', project, '--models', model, '--methods', 'occlusion,lime', '--seed', '7']
    const options = [...args, '--patch', '8', '--stride', '8', '--samples', '20', '--segmenter', 'grid']
    const first = await obalex(options)
    expect(first.status).toBe(0)
    expect(first.stderr).toMatch(
      /^12 maps to compute: how long .+ is not known .+; the project grows by about \d+ kB\n/,
    )
    const { results } = await obalexJson<{
      results: { method: string; options: object; auc: number | null; pointingGame: number | null }[]
    }>(['scores', project, '--by', 'method'])
    expect(results).toMatchObject([
      { method: 'lime', options: { samples: 20, seed: 7, segmenter: 'grid', features: 5 } },
      { method: 'occlusion', options: { patch: 8, stride: 8, fill: 0 } },
    ])
    const [head, ...rows] = parseCsv((await obalex(['scores', project, '--by', 'method', '--csv'])).stdout)
    for (const key of ['pointingGame', 'auc'] as const) {
      const column = head!.indexOf(key)
      expect(rows.map((row) => row[column])).toEqual(results.map((result) => String(result[key] ?? '')))
    }
    // nothing is left to compute
    expect((await obalex(options)).stderr).not.toContain('to compute')
  })

  it('finds objects first where a detector is given, and says before how long that will take', async () => {
    const { folder } = await makeProject(2)
    const project = join(folder, 'without-masks.obalex')
    await obalex(['project', 'create', project])
    await obalex(['import', project, '--format', 'folder', '--images', join(folder, 'photos')])
    const model = await writeSmallModel(join(folder, 'model'), { labels: colours })
    const detector = writeSmallDetector(folder)
    const args = ['run', project, '--models', model, '--methods', 'gradcam', '--detector', detector]
    const first = await obalex(args)
    expect(first.status).toBe(0)
    expect(first.stderr).toMatch(/^6 images to look at: about \d+ s\n/)
    expect(first.stderr).toContain('6 objects were found')
    // nothing is left to look at
    expect((await obalex(args)).stderr).not.toContain('to look at')
  })

  it.each([
    ['an option that none of the methods has', ['gradcam', '--patch', '8'], /--patch is no option of gradcam/],
    ['a method that there is not', ['magic'], /magic/],
    ['no samples', ['lime', '--samples', '0'], /samples/],
    ['a variant that the method has not', ['rise', '--variant', 'paper'], /RISE has no variant paper/],
  ])('ends with 2 for %s', async (_, [methods, ...options], line) => {
    const { project } = await makeProject(1)
    const { status, stdout, stderr } = await obalex([
      'run',
      project,
      '--models',
      'm',
      '--methods',
      methods!,
      ...options,
    ])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^obalex: [^\n]+ — [^\n]+\n$/)
    expect(stderr).toMatch(line)
  })

  it('takes several models, the first images and a class map', async () => {
    const { folder, project } = await makeProject()
    const [one, two, wrong] = [
      await writeSmallModel(join(folder, 'one'), { labels: colours }),
      await writeSmallModel(join(folder, 'two'), { labels: ['rot', 'grün', 'blau'] }),
      join(folder, 'wrong.json'),
    ]
    const map = join(folder, 'map.json')
    writeFileSync(map, JSON.stringify({ classifier: { rot: 'red', grün: 'green', blau: 'blue' } }))
    const args = ['run', project, '--models', one, '--models', two, '--methods', 'gradcam', '--limit', '4']
    const { results } = await obalexJson<{ results: { model: string; accuracy: number }[] }>([
      ...args,
      '--class-map',
      map,
    ])
    expect(results.map(({ model }) => model).sort()).toEqual(['one', 'two'])
    expect(results.find(({ model }) => model === 'two')!.accuracy).toBe(1)
    const matching = await obalexJson<{ models: { model: string; groups: object[] }[] }>(['classes', project])
    expect(matching.models.find(({ model }) => model === 'two')!.groups).toHaveLength(3)
    writeFileSync(wrong, '{"classifier": 5}')
    expect(await obalex([...args, '--class-map', wrong])).toMatchObject({ status: 1, stdout: '' })
  })

  it('ends with 3 where an image is gone, names it, and scores the rest', async () => {
    const { folder, project, photos } = await makeProject()
    const model = await writeSmallModel(join(folder, 'model'), { labels: colours })
    rmSync(join(photos, 'green/1.png'))
    const args = ['run', project, '--models', model, '--methods', 'gradcam']
    const { results, failures } = await obalexJson<RunResults>(args, { status: 3 })
    expect(failures).toMatchObject([{ image: 'green/1.png', code: 'file.missing' }])
    expect(results).toHaveLength(1)
    const { status, stderr } = await obalex([...args, '--quiet'])
    expect(status).toBe(3)
    expect(stderr).toMatch(/^obalex: [^\n]*green\/1\.png[^\n]*\n$/)
  })

  it('asked to end keeps what was done, and goes on when it is given again', async () => {
    const { folder, project } = await makeProject(3)
    // a large input takes its time
    const model = await writeSmallModel(join(folder, 'model'), { labels: colours, inputSide: 224 })
    const args = ['run', project, '--models', model, '--methods', 'occlusion']
    const run = startObalex(args)
    await firstExplanation(project)
    run.child.kill('SIGTERM')
    const { status, stdout, stderr } = await run.ended
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
    expect(stderr).toMatch(/\nobalex: the run was stopped — [^\n]+\n$/)
    const kept = await info(project)
    expect(kept.nExplanations).toBeGreaterThan(0)
    expect(kept.nExplanations).toBeLessThan(9)
    const { results } = await obalexJson<RunResults>(args)
    expect(results).toHaveLength(1)
    expect(await info(project)).toMatchObject({ nExplanations: 9, nScores: 9 })
  })
})

describeWithData('with real photos', () => {
  const model = testData('data/mobilenet-v1-0.25-tfjs/model.json')

  it('a run over pets, stopped by Ctrl+C, keeps its work; the same again finishes; a photo that is gone is named', async () => {
    const folder = temporaryFolder()
    const [project, photos] = [join(folder, 'pets.obalex'), join(folder, 'photos')]
    const names = copyPets(photos, 2)
    await obalexJson(['project', 'create', project])
    expect(await obalexJson(importArgs(project, photos))).toMatchObject({ images: { new: 4 }, instances: { new: 4 } })
    const args = ['run', project, '--models', model, '--methods', 'occlusion']
    // as a terminal does it: the command, the wrapper that started it and the compute process all get the signal
    const run = startObalex(args, { command: installed(machineNode() ?? process.execPath), isGroup: true })
    await firstExplanation(project)
    process.kill(-run.child.pid!, 'SIGINT')
    expect(await run.ended).toMatchObject({
      status: 130,
      stdout: '',
      stderr: expect.stringMatching(/obalex: the run was stopped — [^\n]+\n$/) as string,
    })
    const { nExplanations } = await info(project)
    expect(nExplanations).toBeGreaterThan(0)

    const gone = names.at(-1)!
    rmSync(join(photos, gone))
    const { results, failures } = await obalexJson<RunResults>(args, { status: 3 })
    expect(failures).toMatchObject([{ image: gone, code: 'file.missing' }])
    expect(results[0]!.avgObalex).toBeGreaterThan(0)
    expect(results[0]!.avgObalex).toBeLessThan(1)
    const out = join(folder, 'out')
    await obalexJson(['export', project, '--format', 'coco-results', '--out', out])
    expect(existsSync(join(out, 'results.json'))).toBe(true)
    expect(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))).toHaveLength(4)
  })
})

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import type { MapsReport } from '#common/contract/procedures/importing.ts'
import { formatNpy } from '#main/files/npy.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData } from '../../builders/test-data.ts'
import { colours, copyPets, writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

interface Score {
  readonly image: string
  readonly method: string
  readonly obalex: number | null
}

const scoresOf = async (project: string): Promise<readonly Score[]> =>
  (await obalexJson<{ scores: readonly Score[] }>(['scores', project])).scores

/** Explains photos by the command line, imports the maps, and compares their scores with those of a run. */
async function expectSameScores(folder: string, photos: readonly string[], model: string[]): Promise<void> {
  const [project, maps] = [join(folder, 'p.obalex'), join(folder, 'maps')]
  const images = join(folder, 'photos')
  const annotations = join(images, 'instances.json')
  await obalexJson(['project', 'create', project])
  await obalexJson(['import', project, '--format', 'coco', '--images', images, '--annotations', annotations])
  await obalexJson(['run', project, '--models', ...model, '--methods', 'gradcam'])
  for (const photo of photos) {
    const out = join(maps, photo.replace(/\.\w+$/, '.npy'))
    mkdirSync(dirname(out), { recursive: true })
    await obalexJson(['explain', '--model', ...model, '--method', 'gradcam', '--out', out, join(images, photo)])
  }
  const args = ['import', project, '--format', 'maps', '--maps', maps, '--method', 'again', '--model', 'elsewhere']
  expect(await obalexJson<MapsReport>(args)).toMatchObject({ maps: { new: photos.length, known: 0, refused: 0 } })
  const scores = await scoresOf(project)
  const made = scores.filter(({ method }) => method === 'again')
  expect(made).toHaveLength(photos.length)
  for (const { image, obalex: value } of made) {
    const own = scores.find((score) => score.image === image && score.method === 'gradcam')!
    if (own.obalex === null) expect(value).toBeNull()
    else expect(value).toBeCloseTo(own.obalex, 5)
  }
  expect(await obalexJson(['verify', project, '--recompute'])).toMatchObject({ ok: true })
}

it('imports maps that were made elsewhere, after saying what would come in', async () => {
  const folder = temporaryFolder()
  const [project, photos, maps] = [join(folder, 'p.obalex'), join(folder, 'photos'), join(folder, 'maps')]
  await writeColourPhotos(photos, 1)
  await obalexJson(['project', 'create', project])
  const annotations = join(photos, 'instances.json')
  const dataset = ['--images', photos, '--annotations', annotations, '--labels', 'folder']
  await obalexJson(['import', project, '--format', 'coco', ...dataset])
  for (const [k, colour] of colours.entries()) {
    mkdirSync(join(maps, colour), { recursive: true })
    writeFileSync(join(maps, colour, '0.npy'), formatNpy(Float32Array.of(1, 2, 3, k - 1), [2, 2]))
  }
  const args = ['import', project, '--format', 'maps', '--maps', maps, '--method', 'shap', '--model', 'net']
  expect(await obalexJson([...args, '--dry-run'])).toMatchObject({ isDryRun: true, maps: { new: 2, refused: 1 } })
  expect(await scoresOf(project)).toEqual([])
  const { status, stdout } = await obalex(args)
  expect(status).toBe(0)
  expect(stdout).toMatch(/^maps +2 new, 1 refused \(shap of net\)$/m)
  expect(stdout).toMatch(/1 × map-broken \(refused\), e\.g\. red\/0\.npy: the file holds -1 in row 1, column 1/)
  expect((await scoresOf(project)).map(({ method }) => method)).toEqual(['shap', 'shap'])
  const report = join(folder, 'report.html')
  expect((await obalex(['report', project, '--out', report])).status).toBe(0)
  const html = readFileSync(report, 'utf8')
  expect(html).toContain('none: its maps were made elsewhere')
  expect(html).toContain('Accuracy not known')

  for (const [wanted, given] of [
    ['--maps', ['--format', 'maps', '--method', 'shap', '--model', 'net']],
    ['--method', ['--format', 'maps', '--maps', maps, '--model', 'net']],
    ['--model', ['--format', 'maps', '--maps', maps, '--method', 'shap']],
    ['--images', ['--format', 'folder']],
  ] as const) {
    const lacking = await obalex(['import', project, ...given])
    expect(lacking).toMatchObject({ status: 2, stderr: expect.stringContaining(wanted) as string })
  }
})

it('gives maps of its own that come back the scores that they had', async () => {
  const folder = temporaryFolder()
  await writeColourPhotos(join(folder, 'photos'), 1)
  const model = await writeSmallModel(join(folder, 'net'), { labels: [...colours] })
  await expectSameScores(
    folder,
    colours.map((colour) => `${colour}/0.png`),
    [model],
  )
})

describeWithData('maps of real photos', () => {
  it('come back with the scores that they had', async () => {
    const folder = temporaryFolder()
    const photos = copyPets(join(folder, 'photos'), 2)
    const model = await writeSmallModel(join(folder, 'net'), { labels: ['cat', 'dog'] })
    await expectSameScores(folder, photos, [model])
  })
})

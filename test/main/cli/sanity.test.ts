import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeSmallModel } from '../../builders/small-model.ts'
import { useFolder } from '../engine/engine-tools.ts'
import { colours, writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

interface Sanity {
  readonly image: string
  readonly label: string
  readonly score: { readonly obalex: number; readonly areaShare: number }
  readonly randomised: readonly { readonly weights: string; readonly ssim: number }[]
  readonly seeds: {
    readonly scores: readonly { readonly seed: number }[]
    readonly min: number
    readonly max: number
  } | null
  readonly baselines: {
    readonly uniform: { readonly obalex: number }
    readonly edges: { readonly obalex: number | null }
  }
}

const folder = useFolder()
let project: string
let model: string
const args = (...more: string[]): string[] => ['sanity', project, '--image', 'red/0.png', '--model', model, ...more]

beforeAll(async () => {
  project = join(folder, 'p.obalex')
  const photos = join(folder, 'photos')
  await writeColourPhotos(photos, 1)
  model = await writeSmallModel(join(folder, 'model'), { labels: [...colours] })
  await obalexJson(['project', 'create', project])
  const annotations = join(photos, 'instances.json')
  await obalexJson(['import', project, '--format', 'coco', '--images', photos, '--annotations', annotations])
})

describe('obalex sanity', () => {
  it('prints what the map is compared with', async () => {
    const { status, stdout } = await obalex(args('--method', 'gradcam'))
    expect(status).toBe(0)
    expect(stdout).toMatch(/^image +red\/0\.png$/m)
    expect(stdout).toMatch(/^class +0 red$/m)
    for (const row of [
      'the classifier',
      'its top layer at random',
      'all its weights at random',
      'the same everywhere',
    ]) {
      expect(stdout).toMatch(new RegExp(`^${row} +(\\d\\.\\d{3}|–)`, 'm'))
    }
    expect(stdout).not.toMatch(/^seeds/m)
  })

  it('gives all of it as JSON, the band of seeds too', async () => {
    const found = await obalexJson<Sanity>(args('--method', 'rise', '--samples', '20', '--seed', '7', '--seeds', '3'))
    expect(found).toMatchObject({ image: 'red/0.png', label: 'red', method: 'rise', class: 0, obstacle: null })
    expect(found.randomised.map(({ weights }) => weights)).toEqual(['top', 'all'])
    expect(found.seeds!.scores.map(({ seed }) => seed)).toEqual([7, 8, 9])
    expect(found.seeds!.min).toBeLessThanOrEqual(found.seeds!.max)
    expect(found.baselines.uniform.obalex).toBeCloseTo(found.score.areaShare, 6)
  })

  it('says in one line what is wrong', async () => {
    const line = expect.stringMatching(/^obalex: .+\n$/) as string
    const missing = ['sanity', project, '--image', 'pink/0.png', '--model', model, '--method', 'gradcam']
    expect(await obalex(missing)).toMatchObject({ status: 1, stdout: '', stderr: line })
    expect(await obalex(args('--method', 'gradcam', '--class', '9'))).toMatchObject({ status: 2, stderr: line })
    expect(await obalex(args('--method', 'rise', '--variant', 'paper'))).toMatchObject({ status: 2, stderr: line })
    expect(await obalex(args('--method', 'gradcam', '--samples', '9'))).toMatchObject({ status: 2, stderr: line })
    expect(await obalex(args('--method', 'gradcam', '--layer', 'conv9'))).toMatchObject({ status: 2, stderr: line })
    expect(await obalex(args('--method', 'gradcam', '--seeds', '0'))).toMatchObject({ status: 2 })
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import { sameRle } from '#common/mask/rle.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { describeWithData, testData } from './builders/test-data.ts'
import { temporaryFolder } from './builders/temporary-folder.ts'

/** The way of the README on real photos, masks, weights and Mask R-CNN results, through the engine as hosts use it. */
const engine = createEngine({ startCompute: startComputeChild, version: 'test', checkOutputs: true })
const client = engine.connect()
afterAll(() => engine.dispose())

interface CocoFile {
  readonly images: readonly {
    readonly id: number
    readonly file_name: string
    readonly width: number
    readonly height: number
  }[]
  readonly annotations: readonly CocoAnnotation[]
  readonly categories: readonly { readonly id: number; readonly name: string }[]
}
interface CocoAnnotation {
  readonly id: number
  readonly image_id: number
  readonly category_id: number
  readonly segmentation: number[][] | { readonly size: [number, number]; readonly counts: string }
}

const readCoco = (path: string): CocoFile => JSON.parse(readFileSync(path, 'utf8')) as CocoFile

describeWithData('the pets (COCO, one category that is no label)', () => {
  const pets = testData('data/oxford-pets-370/data')
  const annotations = join(pets, 'sample_annotations/coco/annotations/instances_sample.json')

  it('come in with every defect counted, are scored by two networks, and go out as they came', async () => {
    const folder = temporaryFolder()
    const { project } = await client['project.create']({ path: join(folder, 'pets.obalex') })
    const images = join(pets, 'sample_images')
    const report = await client['dataset.import']({ project, format: 'coco', images, annotations, labels: 'folder' })
    expect(report.images).toEqual({ new: 370, known: 0, refused: 0 })
    expect(report.instances).toMatchObject({ new: 370, refused: 0 })
    expect(report.labels).toEqual([
      { label: 'cat', count: 120 },
      { label: 'dog', count: 250 },
    ])
    expect(Object.fromEntries(report.defects.map(({ kind, count }) => [kind, count]))).toEqual({
      'bbox-mismatch': 370,
      'area-mismatch': 362,
      'category-zero': 1,
    })

    const { job } = await client['run.start']({
      project,
      spec: {
        models: ['mobilenet-v1-0.25-tfjs', 'tm-catsdogs-tfjs'].map((name) => ({
          path: testData(`data/${name}/model.json`),
        })),
        methods: [{ method: 'gradcam' }, { method: 'occlusion' }],
        limit: 4,
      },
    })
    const { state, results, failures, notes } = await client['job.watch']({ project, job })
    expect({ state, failures }).toEqual({ state: 'done', failures: [] })
    expect(notes).toContain(
      'mobilenet-v1-0.25-tfjs: classes matched to labels by their names: dog = 118 classes, cat = 5 classes',
    )
    expect(notes).toContain('tm-catsdogs-tfjs: classes matched to labels by their names: cat = 1 class, dog = 1 class')
    expect(results).toHaveLength(4)
    for (const { avgObalex, areaShare, n, excluded, accuracy } of results) {
      expect(n + excluded.misclassified).toBe(4)
      expect(accuracy).toBe(n / 4)
      expect(avgObalex).toBeGreaterThan(0)
      expect(avgObalex).toBeLessThan(1)
      expect(areaShare).toBeGreaterThan(0.1)
    }

    const { files } = await client['dataset.export']({ project, format: 'coco', out: join(folder, 'out') })
    expectSameMasks(readCoco(files.find((file) => file.endsWith('.json'))!), readCoco(annotations))
    await client['project.close']({ project })
  })
})

function expectSameMasks(written: CocoFile, original: CocoFile): void {
  expect(written.annotations).toHaveLength(original.annotations.length)
  const byFile = (file: CocoFile) => {
    const images = new Map(file.images.map((image) => [image.id, image]))
    const names = new Map(file.categories.map(({ id, name }) => [id, name]))
    return new Map(
      file.annotations.map((annotation) => {
        const { file_name, width, height } = images.get(annotation.image_id)!
        const { segmentation } = annotation
        const rle = Array.isArray(segmentation)
          ? rasterisePolygons(segmentation, width, height)
          : { width, height, counts: decompressCounts(segmentation.counts, width * height) }
        return [file_name, { id: annotation.id, category: names.get(annotation.category_id), segmentation, rle }]
      }),
    )
  }
  const [found, expected] = [byFile(written), byFile(original)]
  for (const [file, { rle, ...facts }] of expected) {
    const { rle: foundRle, ...foundFacts } = found.get(file)!
    expect(foundFacts, file).toEqual(facts)
    expect(sameRle(foundRle, rle), file).toBe(true)
  }
}

describeWithData('a Teachable Machine classifier on 200 photos that it has not seen', () => {
  it.each([
    ['stretched, as Keras does', 'stretch', 0.95],
    ['cut to the centre, as Teachable Machine does', 'crop', 0.96],
  ] as const)('tells cats from dogs where they are %s', async (_, fit, least) => {
    const folder = testData('data/dogs-vs-cats/train')
    const files = readdirSync(folder).filter((name) => name.endsWith('.jpg'))
    const some = ['cat', 'dog'].flatMap((animal) => files.filter((name) => name.startsWith(animal)).slice(0, 100))
    const { images, failures } = await client['classifier.classify']({
      model: { path: testData('data/tm-catsdogs-tfjs/model.json'), card: { fit } },
      images: some.map((name) => join(folder, name)),
      nTop: 1,
    })
    expect(failures).toEqual([])
    const meant = { Gatos: 'cat', Perros: 'dog' } as const
    const nRight = images.filter(({ file, top: [best] }) =>
      basename(file).startsWith(meant[best!.label as keyof typeof meant]),
    ).length
    expect(nRight / some.length).toBeGreaterThanOrEqual(least)
  })
})

describeWithData('real Mask R-CNN results', () => {
  const folder = testData('data/maskrcnn-detectron2')
  const images = join(folder, 'label_mask')
  const predictions = join(folder, 'output/coco_instances_results.json')

  it('come in as machine masks, the ground truth as corrections of them', async () => {
    const { project } = await client['project.create']({ path: join(temporaryFolder(), 'detectron.obalex') })
    const annotations = join(folder, 'trainval.json')
    const machine = await client['dataset.import']({
      project,
      format: 'coco-results',
      images,
      annotations,
      predictions,
    })
    expect(machine.images).toMatchObject({ new: 50, refused: 1 })
    expect(machine.instances).toMatchObject({ new: 173 - machine.instances.refused, corrections: 0 })
    expect(machine.defects.map(({ kind }) => kind)).toContain('image-missing')

    const truth = { project, format: 'coco', images, annotations, as: 'correction', auditor: 'ground truth' } as const
    const report = await client['dataset.import'](truth)
    const { corrections, new: added, refused, known } = report.instances
    expect(corrections + added + refused + known).toBe(157)
    expect(corrections).toBeGreaterThan(100)
    const { instances } = await client['instances.list']({ project, limit: 1000 })
    expect(instances.filter(({ auditor }) => auditor === 'ground truth').length).toBeGreaterThan(100)
    await client['project.close']({ project })
  })

  it('are refused with the reason where the annotation file has other image ids', async () => {
    const { project } = await client['project.create']({ path: join(temporaryFolder(), 'stale.obalex') })
    const annotations = join(folder, 'trainval__stale-id-order.json')
    const refused = client['dataset.import']({ project, format: 'coco-results', images, annotations, predictions })
    await expect(refused).rejects.toMatchObject({
      code: 'import.refused',
      message: expect.stringMatching(/ids/) as string,
    })
    const { nImages, nInstances } = await client['project.describe']({ project })
    expect({ nImages, nInstances }).toEqual({ nImages: 0, nInstances: 0 })
    await client['project.close']({ project })
  })
})

describeWithData('Caltech 101, 16 classes as its authors publish them', () => {
  const folder = testData('data/caltech101')
  const images = join(folder, '101_ObjectCategories')
  const annotations = join(folder, 'Annotations')

  it('come in with an outline a photo, and are known again', async () => {
    const { project } = await client['project.create']({ path: join(temporaryFolder(), 'caltech.obalex') })
    const request = { project, format: 'caltech101', images, annotations } as const
    const report = await client['dataset.import'](request)
    expect(report.images).toEqual({ new: 1075, known: 0, refused: 0 })
    expect(report.instances).toMatchObject({ new: 1075, refused: 0 })
    expect(report.labels).toEqual(
      Object.entries({
        ...{ airplane: 87, anchor: 39, ant: 39, barrel: 44, beaver: 43, bonsai: 124, brain: 95, brontosaurus: 40 },
        ...{ butterfly: 88, car_side: 120, ceiling_fan: 44, crayfish: 67, dolphin: 62, flamingo: 64, kangaroo: 83 },
        panda: 36,
      }).map(([label, count]) => ({ label, count })),
    )
    // drawn by hand: some outlines pass the photo's edge by up to four pixels, some boxes are loose
    expect(report.defects).toMatchObject([
      { kind: 'outside-photo', action: 'repaired', count: 46 },
      { kind: 'bbox-mismatch', action: 'repaired', count: 7 },
    ])

    const { instances } = await client['instances.list']({ project, limit: 1000 })
    const shares = instances.map(({ area, bbox: [, , width, height] }) => area / (width * height))
    // objects fill between a tenth and nearly all of their boxes; most about a half
    expect(Math.min(...shares)).toBeGreaterThan(0.1)
    expect(Math.max(...shares)).toBeLessThan(1)
    expect(instances.every(({ label, category }) => label === category)).toBe(true)

    expect((await client['dataset.import'](request)).instances).toMatchObject({ new: 0, known: 1075 })
    await client['project.close']({ project })
  })
})

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { floatTensor, writeOnnx, type FileModel } from '../../builders/onnx-file.ts'
import { writeSmallDetector, type SmallDetectorOptions } from '../../builders/small-detector.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { writeSmallH5 } from '../classifiers/small-keras.ts'
import { inspect } from '../engine/engine-tools.ts'
import { colours, writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

/** A network that tells three classes by the mean of a photo's channels. */
const classifier: FileModel = {
  inputs: [{ name: 'x', shape: ['n', 3, 8, 8] }],
  nodes: [
    { type: 'GlobalAveragePool', inputs: ['x'], outputs: ['pooled'] },
    { type: 'Flatten', inputs: ['pooled'], outputs: ['flat'] },
    { type: 'MatMul', inputs: ['flat', 'w'], outputs: ['y'] },
  ],
  tensors: { w: floatTensor([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]) },
}

async function setUp() {
  const folder = temporaryFolder()
  const photos = join(folder, 'photos')
  await writeColourPhotos(photos, 1)
  return { folder, photos, photo: join(photos, 'red/0.png') }
}

/** A project of photos without masks. */
async function makeProject(folder: string, photos: string): Promise<string> {
  const project = join(folder, 'p.obalex')
  await obalexJson(['project', 'create', project])
  await obalexJson(['import', project, '--format', 'folder', '--images', photos])
  return project
}

/** Fails unless the command ended with 1 and one line that says this, and printed nothing. */
async function expectRefused(args: readonly string[], words: RegExp): Promise<void> {
  const { status, stdout, stderr } = await obalex([...args, '--quiet'])
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^obalex: [^\n]+ — [^\n]+\n$/)
  expect(stderr).toMatch(words)
}

/** Fails unless a run with such a detector is refused so, with nothing done to the project but the notes of the attempt. */
async function expectRunRefused(detector: readonly string[], words: RegExp): Promise<void> {
  const { folder, photos } = await setUp()
  const project = await makeProject(folder, photos)
  const before = await inspect(project)
  const model = await writeSmallModel(join(folder, 'model'), { labels: [...colours] })
  await expectRefused(['run', project, '--models', model, '--methods', 'gradcam', '--detector', ...detector], words)
  const after = await inspect(project)
  const { job, audit_log: log, ...rows } = after.rows
  expect(rows).toEqual({ ...before.rows, job: undefined, audit_log: undefined })
  expect(job).toBe(1)
  expect(after.audit.slice(before.audit.length).map(({ action }) => action)).toEqual(['job.start', 'job.failed'])
  expect(log).toBe(after.audit.length)
}

describe('a file of another kind', () => {
  it('is refused as a detector: a classifier’s .onnx', async () => {
    const { folder, photo } = await setUp()
    const path = writeOnnx(classifier, folder)
    await expectRefused(['detect', '--model', path, photo], /it is no Mask R-CNN: it does not take one colour photo/)
    await expectRunRefused([path], /it is no Mask R-CNN/)
    // which does as what it is
    const options = ['--preprocess', 'unit', '--labels', join(folder, 'labels.txt')]
    writeFileSync(join(folder, 'labels.txt'), 'red\ngreen\nblue')
    const { images } = await obalexJson<{ images: { top: { label: string }[] }[] }>([
      ...['classify', '--model', path, ...options, photo],
    ])
    expect(images[0]!.top[0]!.label).toBe('red')
  })

  it('is refused as a detector: a classifier’s .h5', async () => {
    const { photo } = await setUp()
    const path = await writeSmallH5()
    await expectRefused(
      ['detect', '--architecture', 'maskrcnn', '--weights', path, photo],
      /no layer rpn_class_raw|save_weights/,
    )
    await expectRunRefused([path], /no layer rpn_class_raw|save_weights/)
  })

  it('is refused as a classifier: a detector’s .onnx', async () => {
    const { folder, photo } = await setUp()
    const path = writeSmallDetector(folder)
    await expectRefused(['classify', '--model', path, '--preprocess', 'unit', photo], /model\.onnx/)
  })
})

describe('a number of classes that is another one', () => {
  it('is refused: of an .onnx, by its card', async () => {
    const { folder, photo } = await setUp()
    const path = writeSmallDetector(folder, { nClasses: 3 })
    writeFileSync(`${path}.card.json`, JSON.stringify({ labels: ['cat', 'dog', 'bird'] }))
    await expectRefused(['detect', '--model', path, photo], /has 2 classes, its card names 3/)
    await expectRunRefused([path], /has 2 classes, its card names 3/)
  })
})

describe('nothing that is found', () => {
  it('is a result without objects, in every format', async () => {
    const { folder, photo } = await setUp()
    const args = ['detect', '--model', writeSmallDetector(folder, { objects: [] }), photo]
    expect(await obalexJson(args)).toEqual([])
    const coco = join(folder, 'results.json')
    expect(await obalexJson([...args, '--out', coco])).toEqual({ path: coco, images: 1, objects: 0 })
    expect(JSON.parse(readFileSync(coco, 'utf8'))).toEqual([])
    for (const [format, files] of [
      ['labelme', ['0.json']],
      ['png', []],
    ] as const) {
      const out = join(folder, format)
      expect(await obalexJson([...args, '--format', format, '--out', out])).toMatchObject({ images: 1, objects: 0 })
      expect(readdirSync(out)).toEqual(files)
    }
  })
})

describe('a photo that is smaller than the smallest anchor', () => {
  it.each<[string, SmallDetectorOptions]>([
    ['torchvision', {}],
    ['the model zoo', { isNormalising: false, nClasses: 81 }],
  ])('is looked at, by an export of %s', async (_, options) => {
    const folder = temporaryFolder()
    const path = writeSmallDetector(folder, options)
    for (const [width, height] of [
      [1, 1],
      [7, 3],
      [200, 1],
    ] as const) {
      const photo = join(folder, `${width}.png`)
      await sharp({ create: { width, height, channels: 3, background: '#5a5a5a' } })
        .png()
        .toFile(photo)
      const results = await obalexJson<{ segmentation: { size: number[] } }[]>(['detect', '--model', path, photo])
      expect(results.map(({ segmentation }) => segmentation.size)).toEqual(results.map(() => [height, width]))
    }
  })
})

describeWithData('weights of Matterport’s', () => {
  const weights = testData('goldens/mask-rcnn/mask_rcnn_resnet50.h5')

  it('are refused with a configuration for another number of classes, and nothing is half done', async () => {
    const config = join(temporaryFolder(), 'balloon.json')
    writeFileSync(config, JSON.stringify({ NUM_CLASSES: 2 }))
    await expectRunRefused(
      [weights, '--detector-config', config],
      /balloon\.json: NUM_CLASSES is 2, the weights are for 81/,
    )
  })

  it('are refused as a classifier', async () => {
    const { photo } = await setUp()
    await expectRefused(['classify', '--model', weights, '--preprocess', 'caffe', photo], /mask_rcnn_resnet50\.h5/)
    const named = ['--architecture', 'resnet50', '--preprocess', 'caffe']
    await expectRefused(['classify', '--model', weights, ...named, photo], /mask_rcnn_resnet50\.h5/)
  })

  it('look at photos that are smaller than the smallest anchor, in a project, too', async () => {
    const folder = temporaryFolder()
    const photos = join(folder, 'photos')
    await writeColourPhotos(photos, 1, 4)
    const project = await makeProject(folder, photos)
    const model = await writeSmallModel(join(folder, 'model'), { labels: [...colours] })
    const config = join(folder, 'config.json')
    writeFileSync(config, JSON.stringify({ IMAGE_MIN_DIM: 64, IMAGE_MAX_DIM: 64 }))
    const detector = ['--detector', weights, '--detector-config', config, '--min-score', '0']
    const args = ['run', project, '--models', model, '--methods', 'gradcam', ...detector]
    expect(await obalexJson(args)).toMatchObject({ failures: [] })
    expect((await inspect(project)).audit.filter(({ action }) => action === 'image.detect')).toHaveLength(3)
  }, 180_000)
})

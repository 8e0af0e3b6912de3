import { basename } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import { CatalogueEntry } from '#common/contract/procedures/catalogue.ts'
import { catalogue, urlOf } from '#main/catalogue/catalogue.ts'
import catalogueJson from '../../../resources/models.json' with { type: 'json' }

it('every entry of the file fits the schema, under a name and an address of its own', () => {
  expect(catalogueJson.models.map((entry) => CatalogueEntry.safeParse(entry).error)).toEqual(
    catalogueJson.models.map(() => undefined),
  )
  expect(catalogue).toEqual(catalogueJson.models)
  expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length)
  // they lie in one folder
  expect(new Set(catalogue.map(({ file }) => basename(file))).size).toBe(catalogue.length)
})

const classifiers = catalogue.filter((entry) => entry.purpose !== 'detecting')
const detectors = catalogue.filter((entry) => entry.purpose === 'detecting')

it('names VGG16, ResNet50 and MobileNet at every width, with and without their classes', () => {
  const names = classifiers.map(({ architecture: { name, alpha, top } }) => `${name} ${alpha} ${top}`)
  const wanted = ['vgg16 1', 'resnet50 1', 'mobilenet 1', 'mobilenet 0.75', 'mobilenet 0.5', 'mobilenet 0.25']
  expect(names.sort()).toEqual(wanted.flatMap((network) => [`${network} false`, `${network} true`]).sort())
  for (const { architecture, purpose } of classifiers) {
    expect(purpose).toBe(architecture.top ? 'classifying' : 'fine-tuning')
  }
})

it('has the hashes that Keras publishes, and only MobileNets without one', () => {
  expect(Object.fromEntries(catalogue.map(({ id, bytes, md5 }) => [id, [bytes, md5]]))).toMatchObject({
    vgg16: [553_467_096, '64373286793e3c8b2b4e3219cbf3544b'],
    'vgg16-notop': [58_889_256, '6d6bbae143d832006294945121d1f1fc'],
    resnet50: [102_967_424, '2cb95161c43110f7111970584f804107'],
    'resnet50-notop': [94_765_736, '4d473c1dd8becc155b73f8504c6f6626'],
  })
  for (const { architecture, md5, sha256 } of classifiers) {
    if (md5 === null && sha256 === null) expect(architecture.name).toBe('mobilenet')
  }
})

it('has detectors whose length and hash are known, each from where it is published', () => {
  expect(detectors.map((entry) => [entry.id, entry.bytes, entry.sha256.slice(0, 8), urlOf(entry).href])).toEqual([
    [
      'maskrcnn-coco',
      257_557_808,
      'ee7eeb91',
      'https://github.com/matterport/Mask_RCNN/releases/download/v2.0/mask_rcnn_coco.h5',
    ],
    ...(
      [
        ['maskrcnn-12', 177_970_010, '5bf940c1', 'MaskRCNN-12.onnx'],
        ['maskrcnn-12-int8', 45_769_352, '4409935e', 'MaskRCNN-12-int8.onnx'],
      ] as const
    ).map(([id, bytes, sha256, file]) => [
      ...[id, bytes, sha256],
      `https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main/validated/vision/object_detection_segmentation/mask-rcnn/model/${file}`,
    ]),
  ])
})

/** Addresses of VGG16 and of Mask R-CNN, at a mirror. */
function addresses(mirror: string): string[] {
  vi.stubEnv('OBALEX_MODELS_URL', mirror)
  onTestFinished(() => void vi.unstubAllEnvs())
  return [classifiers[0]!, detectors[0]!].map((entry) => urlOf(entry).href)
}

it('is downloaded from Google’s storage and from where detectors are, or all of it from a mirror that is named', () => {
  const [vgg16, maskRcnn] = ['vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5', 'mask_rcnn_coco.h5']
  expect(addresses('')).toEqual([
    `https://storage.googleapis.com/tensorflow/keras-applications/${vgg16}`,
    `https://github.com/matterport/Mask_RCNN/releases/download/v2.0/${maskRcnn}`,
  ])
  for (const [mirror, base] of [
    ['https://mirror.example/keras', 'https://mirror.example/keras/'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
    ['http://[::1]:8080/a', 'http://[::1]:8080/a/'],
  ] as const) {
    expect(addresses(mirror)).toEqual([`${base}${vgg16}`, `${base}${maskRcnn}`])
  }
})

it.each(['http://mirror.example/', 'http://127.0.0.1.example/', 'ftp://mirror.example/', 'file:///srv/keras', 'keras'])(
  'is not downloaded from %s',
  (url) => {
    const refusal = expect.objectContaining({ code: 'request.usage' }) as AppError
    expect(() => addresses(url)).toThrow(refusal)
  },
)

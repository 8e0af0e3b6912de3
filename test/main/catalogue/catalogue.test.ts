import { basename } from 'node:path'
import { expect, it } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import { CatalogueEntry } from '#common/contract/procedures/catalogue.ts'
import { catalogue, catalogueUrl } from '#main/catalogue/catalogue.ts'
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

it('names VGG16, ResNet50 and MobileNet at every width, with and without their classes', () => {
  const names = catalogue.map(({ architecture: { name, alpha, top } }) => `${name} ${alpha} ${top}`)
  const wanted = ['vgg16 1', 'resnet50 1', 'mobilenet 1', 'mobilenet 0.75', 'mobilenet 0.5', 'mobilenet 0.25']
  expect(names.sort()).toEqual(wanted.flatMap((network) => [`${network} false`, `${network} true`]).sort())
  for (const { architecture, purpose } of catalogue) {
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
  for (const { architecture, md5, sha256 } of catalogue) {
    if (md5 === null && sha256 === null) expect(architecture.name).toBe('mobilenet')
  }
})

it('is downloaded from Google’s storage, or from a mirror that is named', () => {
  expect(catalogueUrl({}).href).toBe('https://storage.googleapis.com/tensorflow/keras-applications/')
  const mirror = (url: string): string => catalogueUrl({ OBALEX_MODELS_URL: url }).href
  expect(mirror('https://mirror.example/keras')).toBe('https://mirror.example/keras/')
  expect(mirror('http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080/')
  expect(mirror('http://[::1]:8080/a')).toBe('http://[::1]:8080/a/')
})

it.each(['http://mirror.example/', 'http://127.0.0.1.example/', 'ftp://mirror.example/', 'file:///srv/keras', 'keras'])(
  'is not downloaded from %s',
  (url) => {
    const refusal = expect.objectContaining({ code: 'request.usage' }) as AppError
    expect(() => catalogueUrl({ OBALEX_MODELS_URL: url })).toThrow(refusal)
  },
)

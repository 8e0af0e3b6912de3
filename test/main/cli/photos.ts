import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { classColour } from '../../builders/small-model.ts'
import { testData } from '../../builders/test-data.ts'

/** Labels of the plain images and of the small model that tells them apart. */
export const colours = ['red', 'green', 'blue'] as const

/**
 * Plain images in folders of their colour (`red/0.png`, `green/0.png`…) and COCO annotations of their middle, in
 * `instances.json` beside them.
 */
export async function writeColourPhotos(folder: string, nEach: number, side = 48): Promise<void> {
  const images: object[] = []
  const annotations: object[] = []
  for (const [k, colour] of colours.entries()) {
    mkdirSync(join(folder, colour), { recursive: true })
    for (let i = 0; i < nEach; i++) {
      const [r, g, b] = classColour(k, colours.length)
      const name = `${colour}/${i}.png`
      // the alpha-free shade of each differs a little, so that no two files are the same
      const image = sharp({ create: { width: side, height: side, channels: 3, background: { r, g, b: b ^ i } } })
      await image.png().toFile(join(folder, name))
      const id = images.length + 1
      const [x, w] = [side / 4, side / 2]
      images.push({ id, file_name: name, width: side, height: side })
      annotations.push({
        id,
        image_id: id,
        category_id: 1,
        iscrowd: 0,
        bbox: [x, x, w, w],
        area: w * w,
        segmentation: [[x, x, x + w, x, x + w, x + w, x, x + w]],
      })
    }
  }
  const categories = [{ id: 1, name: 'thing' }]
  writeFileSync(join(folder, 'instances.json'), JSON.stringify({ images, annotations, categories }))
}

interface PetsFile {
  readonly images: readonly { readonly id: number; readonly file_name: string }[]
  readonly annotations: readonly { readonly image_id: number }[]
  readonly categories: readonly object[]
}

/** Copies photos of cats and of dogs, with their masks as `instances.json`. Returns their names. */
export function copyPets(folder: string, nEach: number): readonly string[] {
  const from = testData('data/oxford-pets-370/data')
  const file = join(from, 'sample_annotations/coco/annotations/instances_sample.json')
  const { images, annotations, categories } = JSON.parse(readFileSync(file, 'utf8')) as PetsFile
  const some = ['cats/', 'dogs/'].flatMap((kind) =>
    images.filter(({ file_name: name }) => name.startsWith(kind)).slice(0, nEach),
  )
  const ids = new Set(some.map(({ id }) => id))
  for (const { file_name: name } of some) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    copyFileSync(join(from, 'sample_images', name), join(folder, name))
  }
  const masks = annotations.filter(({ image_id: id }) => ids.has(id))
  writeFileSync(join(folder, 'instances.json'), JSON.stringify({ images: some, annotations: masks, categories }))
  return some.map(({ file_name: name }) => name)
}

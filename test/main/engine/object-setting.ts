import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineClient } from '#common/contract/index.ts'
import { encodeRle } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { makePhotos, maskOf, writeCoco, type Photo } from '../../builders/dataset.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { folderIn, newProject } from './engine-tools.ts'
import { gradcam, occlusion, runToEnd, specOf, type RunSetting, type Spec } from './run-tools.ts'

/** What a detector found on every photo, in the order of the ids: the object, a corner of it that is doubtful, another class. */
const found = [
  { score: 0.9, category: (label: string) => label, maskOf: ({ mask }: Photo) => mask },
  { score: 0.5, category: (label: string) => label, maskOf: ({ width, height }: Photo) => corner(width, height, 6) },
  {
    score: 0.8,
    category: (label: string) => (label === 'cat' ? 'dog' : 'cat'),
    maskOf: ({ width, height }: Photo) => corner(width, height, 12),
  },
]
/** instances of an image */
export const nFound = found.length

function corner(width: number, height: number, side: number) {
  return maskOf(width, height, (x, y) => x >= width - side && y >= height - side)
}

/** A project of photos with three detections each, and what two methods make of them. */
export async function setUpObjects(
  client: EngineClient,
  root: string,
): Promise<RunSetting & { readonly spec: Spec; readonly instances: (image: number) => readonly number[] }> {
  const folder = folderIn(root)
  const path = join(folder, 'test.obalex')
  const images = join(folder, 'photos')
  const photos = await makePhotos(images)
  const annotations = await writeCoco(join(folder, 'coco.json'), photos)
  const labels = [...new Set(photos.map(({ label }) => label))]
  const results = photos.flatMap((photo, i) =>
    found.map(({ score, category, maskOf }) => {
      const { height, width, counts } = encodeRle(maskOf(photo))
      const segmentation = { size: [height, width], counts: compressCounts(counts) }
      return { image_id: 101 + i, category_id: 11 + labels.indexOf(category(photo.label)), segmentation, score }
    }),
  )
  const predictions = join(folder, 'results.json')
  await writeFile(predictions, JSON.stringify(results))
  const project = await newProject(client, path)
  await client['dataset.import']({ project, format: 'coco-results', images, annotations, predictions })
  const model = await writeSmallModel(join(folder, 'model'), { labels: ['cat', 'dog', 'bird'] })
  const spec = specOf(model, { methods: [gradcam, occlusion] })
  await runToEnd(client, project, spec)
  const instances = (image: number): number[] => found.map((_, i) => (image - 1) * nFound + 1 + i)
  return { folder, path, project, images, photos, spec, instances }
}

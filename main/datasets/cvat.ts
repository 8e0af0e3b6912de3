import { placesOf } from './cvat/catalogue.ts'
import { readCvat } from './cvat/read.ts'
import { writeCvat } from './cvat/write.ts'
import type { DatasetFormat } from './dataset.ts'
import { firstLike, folderOfNamed } from './listing.ts'

/** CVAT for images 1.1: one XML file with outlines, ellipses and masks. */
export const cvat: DatasetFormat = {
  id: 'cvat',
  label: 'CVAT 1.1',
  description: 'One XML file, annotations.xml, of “CVAT for images 1.1”, with outlines, ellipses and masks.',
  needs: ['annotations'],
  read: (request, context) => readCvat(request, context),
  write: writeCvat,
  recognise: async (folder) => {
    const annotations = await firstLike(folder, '.xml', (head) => /<annotations[\s>]/.test(head))
    if (annotations === null) return null
    const [image = ''] = /<image\s[^>]*>/.exec(await folder.head(annotations)) ?? []
    const [name, subset] = ['name', 'subset'].map((key) => new RegExp(`\\b${key}="([^"&]+)"`).exec(image)?.[1])
    const names = name === undefined ? [] : placesOf(name, subset)
    return { images: folderOfNamed(folder.photos, names), annotations }
  },
}

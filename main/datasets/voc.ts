import type { DatasetFormat } from './dataset.ts'
import { readVoc } from './voc/read.ts'
import { writeVoc } from './voc/write.ts'

/** Pascal VOC: pictures of objects and of classes, and an XML file a photo. */
export const voc: DatasetFormat = {
  id: 'voc',
  label: 'Pascal VOC',
  description: 'Pictures of objects and classes in SegmentationObject and SegmentationClass, and an XML file a photo.',
  needs: ['annotations'],
  read: (request, context) => readVoc(request, context),
  write: writeVoc,
  recognise: async ({ photos, others, head }) => {
    const picture = photos.find((file) => /(^|\/)Segmentation(Object|Class)\/.+\.png$/i.test(file))
    const xml = others.find((file) => /(^|\/)Annotations\/.+\.xml$/i.test(file))
    const isVoc = picture !== undefined || (xml !== undefined && isAnnotation(await head(xml)))
    if (!isVoc) return null
    const annotations = (picture ?? xml!).replace(/(^|\/)(Segmentation(Object|Class)|Annotations)\/.*$/i, '')
    const own = annotations === '' ? 'JPEGImages' : `${annotations}/JPEGImages`
    const images = photos.some((file) => file.startsWith(`${own}/`)) ? own : annotations
    return { images, annotations }
  },
}

/** The older LabelMe of MIT has the same element around it. */
function isAnnotation(head: string): boolean {
  return /<annotation[\s>]/.test(head) && !/<(sourceImage|polygon)[\s>]/.test(head)
}

import type { Box } from '#common/mask/rle.ts'
import type { Defect, DefectPlace, DefectSummary, Size } from './defects.ts'

const sizeText = ([width, height]: Size): string => `${width}×${height}`
const boxText = (box: Box): string => `[${box.map((value) => Number(value.toFixed(2))).join(', ')}]`
const numberText = (value: number): string => String(Number(value.toFixed(2)))

/** What is wrong and what is done about it, without the place. One line, English. */
function whatAndThen(defect: Defect): string {
  switch (defect.kind) {
    case 'bbox-mismatch':
      return `the box given, ${boxText(defect.given)}, is not the mask’s; the mask’s own, ${boxText(defect.own)}, is used`
    case 'area-mismatch':
      return `the area given, ${numberText(defect.given)}, is not the mask’s; its own, ${defect.own} pixels, is used`
    case 'category-zero':
      return `category “${defect.name}” has the id 0, which some programs take for the background; it is kept`
    case 'category-unknown':
      return `there is no category ${defect.categoryId ?? '(none given)'}; the mask is kept without a category`
    case 'duplicate-category':
      return `category ${defect.categoryId} is “${defect.first}” already; “${defect.name}” is left out`
    case 'image-missing':
      return defect.isEmbedded === true
        ? 'the photo is only inside the annotation file; save it into the folder of photos. It and its masks are left out'
        : 'the photo is not in the folder; it and its masks are left out'
    case 'image-broken':
      return `the photo cannot be read (${defect.reason}); it and its masks are left out`
    case 'size-mismatch':
      return `the photo is ${sizeText(defect.own)} pixels, not ${sizeText(defect.given)}; its own size is used`
    case 'frame-mismatch':
      return `outlined on ${sizeText(defect.given)} pixels, the photo has ${sizeText(defect.own)}; the mask is left out`
    case 'mask-scaled':
      return `the mask is drawn on ${sizeText(defect.given)} pixels, the photo has ${sizeText(defect.own)}; it is brought to the photo’s size, edges stay as coarse as they are`
    case 'rle-size':
      return `the mask is ${sizeText(defect.given)} pixels, the photo ${sizeText(defect.own)}; the mask is left out`
    case 'rle-counts':
      return `the run lengths cannot be used (${defect.reason}); the mask is left out`
    case 'polygon-invalid':
      return `an outline cannot be used (${defect.reason}); ${
        defect.action === 'repaired' ? 'the mask is made of the others' : 'the mask is left out'
      }`
    case 'outside-photo':
      return `the outline leaves the photo by ${numberText(defect.pixels)} pixels; what lies outside is cut off`
    case 'mask-empty':
      return 'the mask has no pixel; it is left out'
    case 'image-id-unknown':
      return `there is no image ${defect.imageId ?? '(none given)'}; the mask is left out`
    case 'image-left-out':
      return 'its photo was left out, and so is the mask'
    case 'duplicate-image':
      return `image ${defect.by} ${JSON.stringify(defect.value)} was listed before; ${
        defect.action === 'repaired' ? 'the masks of both are taken together' : 'this record is left out'
      }`
    case 'duplicate-annotation':
      return defect.by === 'mask'
        ? 'the same mask is there already; this one is left out'
        : 'another mask has this id; both are kept'
    case 'path-outside':
      return 'the name leads out of the folder of photos; it is not opened, its masks are left out'
    case 'label-missing':
      return 'no label can be found; the photo is kept without one'
    case 'no-segmentation':
      return defect.action === 'kept'
        ? 'there is no mask; the photo is kept without one'
        : 'there is no mask; it is left out'
    case 'no-area':
      return `a shape of the type “${defect.shape}” has no area; it gives no mask, and is kept for an export`
    case 'void-pixels':
      return `${defect.pixels} pixels are marked as void; they belong to no mask`
    case 'category-mixed':
      return `the mask’s pixels have the categories ${defect.names.join(', ')}; the commonest, the first, is used`
    case 'record-invalid':
      return `${defect.reason}; it is left out`
    case 'map-unmatched':
      return 'no image of the project has this name; the map is left out'
    case 'map-ambiguous':
      return `several images have this name (${defect.images.join(', ')}); the map is left out`
    case 'map-doubled':
      return `${defect.image} has the map ${defect.first} already; this one is left out`
    case 'map-broken':
      return `the file ${defect.reason}; it is left out`
    case 'map-unscorable':
      return `${defect.reason}; the map is left out`
    case 'map-differs':
      return `the project has another map of ${defect.image} under these names and keeps it; import this one under another method name`
    case 'answer-missing':
      return defect.from === 'file'
        ? `no table of predictions has ${defect.image}; the map is left out`
        : `the project does not have the classifier’s prediction for ${defect.image}; run the classifier first, the map is left out`
    case 'answer-differs':
      return `the project has “${defect.known}” as the prediction for ${defect.image}, the table “${defect.given}”; the map is left out`
  }
}

function placeText({ file, record }: DefectPlace): string {
  if (record === undefined) return file ?? 'dataset'
  const name = record.id === undefined ? `${record.type} no. ${record.index + 1}` : `${record.type} ${record.id}`
  return file === undefined ? name : `${name} (${file})`
}

/** One line that says where, what is wrong, and what is done about it; also where names hold line ends. */
export function defectWords(defect: Defect): string {
  return `${placeText(defect.place)}: ${whatAndThen(defect)}`.replace(/[\p{Cc}\u2028\u2029]/gu, '�')
}

/** One line for all defects of a kind: how many, and the first in words. */
export function summaryWords({ kind, action, count, examples }: DefectSummary): string {
  return `${count} × ${kind} (${action}), e.g. ${defectWords(examples[0]!)}`
}

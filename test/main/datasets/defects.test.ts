import { describe, expect, it } from 'vitest'
import { defectWords, summaryWords } from '#main/datasets/defect-words.ts'
import { DefectTally, type Defect } from '#main/datasets/defects.ts'

const missing = (file: string): Defect => ({ kind: 'image-missing', action: 'refused', place: { file } })

describe('DefectTally', () => {
  it('counts by kind and action, largest first, with the first five', () => {
    const tally = new DefectTally()
    tally.add({ kind: 'polygon-invalid', action: 'refused', place: {}, reason: 'a' })
    for (let i = 0; i < 7; i++) tally.add(missing(`${i}.jpg`))
    for (let i = 0; i < 2; i++) tally.add({ kind: 'polygon-invalid', action: 'repaired', place: {}, reason: 'b' })
    const summary = tally.summary()
    expect(summary.map(({ kind, action, count }) => [kind, action, count])).toEqual([
      ['image-missing', 'refused', 7],
      ['polygon-invalid', 'repaired', 2],
      ['polygon-invalid', 'refused', 1],
    ])
    expect(summary[0]!.examples).toEqual([0, 1, 2, 3, 4].map((i) => missing(`${i}.jpg`)))
  })
})

const place = { file: 'cats/a.jpg', record: { type: 'annotation', index: 6, id: 12 } } as const

/** One of each kind and action that words differ for. */
const defects: readonly Defect[] = [
  { kind: 'bbox-mismatch', action: 'repaired', place, given: [1.234, 2, 3, 4], own: [1, 2, 30, 40] },
  { kind: 'area-mismatch', action: 'repaired', place, given: 52735.128, own: 8177 },
  { kind: 'category-zero', action: 'kept', place: { record: { type: 'category', index: 0, id: 0 } }, name: 'pet' },
  { kind: 'category-unknown', action: 'kept', place, categoryId: 7 },
  { kind: 'category-unknown', action: 'kept', place, categoryId: null },
  {
    kind: 'duplicate-category',
    action: 'refused',
    place: { record: { type: 'category', index: 3, id: 1 } },
    categoryId: 1,
    name: 'dog',
    first: 'cat',
  },
  { kind: 'image-missing', action: 'refused', place: { file: 'b.jpg' } },
  { kind: 'image-broken', action: 'refused', place: { file: 'b.jpg' }, reason: 'it is cut off' },
  { kind: 'size-mismatch', action: 'repaired', place, given: [640, 480], own: [480, 640] },
  { kind: 'frame-mismatch', action: 'refused', place, given: [640, 480], own: [480, 640] },
  { kind: 'rle-size', action: 'refused', place, given: [640, 480], own: [480, 640] },
  { kind: 'rle-counts', action: 'refused', place, reason: 'counts add up to 7' },
  { kind: 'polygon-invalid', action: 'repaired', place, reason: 'ring 1 has 4 numbers' },
  { kind: 'polygon-invalid', action: 'refused', place, reason: 'ring 0 has 4 numbers' },
  { kind: 'outside-photo', action: 'repaired', place, pixels: 3.214 },
  { kind: 'mask-empty', action: 'refused', place },
  { kind: 'image-id-unknown', action: 'refused', place: { record: { type: 'result', index: 6 } }, imageId: 99 },
  { kind: 'image-left-out', action: 'refused', place },
  { kind: 'duplicate-image', action: 'refused', place, by: 'id', value: 4 },
  { kind: 'duplicate-image', action: 'repaired', place, by: 'file', value: 'cats/a.jpg' },
  { kind: 'duplicate-annotation', action: 'refused', place, by: 'mask' },
  { kind: 'duplicate-annotation', action: 'kept', place, by: 'id' },
  { kind: 'path-outside', action: 'refused', place: { file: '../../etc/passwd' } },
  { kind: 'label-missing', action: 'kept', place: { file: 'b.jpg' } },
  { kind: 'no-segmentation', action: 'refused', place },
  { kind: 'no-segmentation', action: 'kept', place: { file: 'b.jpg' } },
  { kind: 'record-invalid', action: 'refused', place: { record: { type: 'image', index: 1 } }, reason: 'no id' },
]

describe('defectWords', () => {
  it('says in one line where, what, and what is done', () => {
    expect(defects.map(defectWords)).toMatchInlineSnapshot(`
      [
        "annotation 12 (cats/a.jpg): the box given, [1.23, 2, 3, 4], is not the mask’s; the mask’s own, [1, 2, 30, 40], is used",
        "annotation 12 (cats/a.jpg): the area given, 52735.13, is not the mask’s; its own, 8177 pixels, is used",
        "category 0: category “pet” has the id 0, which some programs take for the background; it is kept",
        "annotation 12 (cats/a.jpg): there is no category 7; the mask is kept without a category",
        "annotation 12 (cats/a.jpg): there is no category (none given); the mask is kept without a category",
        "category 1: category 1 is “cat” already; “dog” is left out",
        "b.jpg: the photo is not in the folder; it and its masks are left out",
        "b.jpg: the photo cannot be read (it is cut off); it and its masks are left out",
        "annotation 12 (cats/a.jpg): the photo is 480×640 pixels, not 640×480; its own size is used",
        "annotation 12 (cats/a.jpg): outlined on 640×480 pixels, the photo has 480×640; the mask is left out",
        "annotation 12 (cats/a.jpg): the mask is 640×480 pixels, the photo 480×640; the mask is left out",
        "annotation 12 (cats/a.jpg): the run lengths cannot be used (counts add up to 7); the mask is left out",
        "annotation 12 (cats/a.jpg): an outline cannot be used (ring 1 has 4 numbers); the mask is made of the others",
        "annotation 12 (cats/a.jpg): an outline cannot be used (ring 0 has 4 numbers); the mask is left out",
        "annotation 12 (cats/a.jpg): the outline leaves the photo by 3.21 pixels; what lies outside is cut off",
        "annotation 12 (cats/a.jpg): the mask has no pixel; it is left out",
        "result no. 7: there is no image 99; the mask is left out",
        "annotation 12 (cats/a.jpg): its photo was left out, and so is the mask",
        "annotation 12 (cats/a.jpg): image id 4 was listed before; this record is left out",
        "annotation 12 (cats/a.jpg): image file "cats/a.jpg" was listed before; the masks of both are taken together",
        "annotation 12 (cats/a.jpg): the same mask is there already; this one is left out",
        "annotation 12 (cats/a.jpg): another mask has this id; both are kept",
        "../../etc/passwd: the name leads out of the folder of photos; it is not opened, its masks are left out",
        "b.jpg: no label can be found; the photo is kept without one",
        "annotation 12 (cats/a.jpg): there is no mask; it is left out",
        "b.jpg: there is no mask; the photo is kept without one",
        "image no. 2: no id; it is left out",
      ]
    `)
  })

  it('stays one line whatever a name holds', () => {
    expect(defectWords(missing('a\nb\u2028c\u001b[31m.jpg'))).toMatch(/^a�b�c�\[31m\.jpg: [^\n]+$/)
  })
})

describe('summaryWords', () => {
  it('says how many, and shows the first', () => {
    const summary = { kind: 'image-missing', action: 'refused', count: 3, examples: [missing('b.jpg')] } as const
    expect(summaryWords(summary)).toMatchInlineSnapshot(
      `"3 × image-missing (refused), e.g. b.jpg: the photo is not in the folder; it and its masks are left out"`,
    )
  })
})

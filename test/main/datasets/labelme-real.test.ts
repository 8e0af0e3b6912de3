import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { unionRle } from '#common/mask/combine.ts'
import { countOverlap, iou } from '#common/mask/overlap.ts'
import { growMask } from '#common/mask/reshape.ts'
import { decodeRle, rleArea, sameRle } from '#common/mask/rle.ts'
import { labelme } from '#main/datasets/labelme.ts'
import { readMask } from '#main/files/mask-file.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { collect, quietContext, toExport } from './dataset-tools.ts'

describeWithData('LabelMe on real data', () => {
  const root = testData('data/labelme5-pets-demo')
  const request = { imagesDir: join(root, 'images'), annotations: join(root, 'annotations_json') }

  it('reads the outlines of a file of LabelMe 5.11, whose photo is in another folder', async () => {
    const { images, instances, defects } = await collect(labelme.read!(request, quietContext()))
    expect(defects).toEqual([])
    expect(images).toMatchObject([{ width: 640, height: 400, source: { version: '5.11.3', flags: {} } }])
    expect(instances.map(({ category }) => category)).toEqual(
      ['Gato', 'Coelho', 'Hamster', 'Fuinha', 'Sapo', 'Sapo', 'Passaro', 'Passaro', 'Peixe', 'Peixe'].concat(
        ['Cachorro', 'Cachorro'], // prettier-ignore
      ),
    )
    // the picture that goes with it: the same outlines, cut to whole pixels and drawn by OpenCV with their border, so
    // that each may differ by a diagonal step for the cut and one for the border: less than 3 pixels
    const all = unionRle(
      instances.map(({ rle }) => rle),
      { width: 640, height: 400 },
    )
    const [ours, drawn] = [decodeRle(all), await readMask(join(root, 'masks/mascara.png'))]
    expect(countOverlap(drawn, growMask(ours, 3)).both).toBe(countOverlap(drawn, drawn).both)
    expect(countOverlap(ours, growMask(drawn, 3)).both).toBe(rleArea(all))
    expect(iou(countOverlap(ours, drawn))).toBeGreaterThan(0.97)
  })

  it('writes that file again, the photo in it apart, and reads it back', async () => {
    const first = await collect(labelme.read!(request, quietContext()))
    const outDir = temporaryFolder()
    await labelme.write!({ outDir }, toExport(first), quietContext())
    const parse = (folder: string): unknown =>
      JSON.parse(
        readFileSync(
          join(
            folder,
            readdirSync(folder).find((name) => name.endsWith('.json'))!,
          ),
          'utf8',
        ),
      )
    expect(parse(outDir)).toEqual({ ...(parse(request.annotations) as object), imageData: null })
    const second = await collect(labelme.read!({ ...request, annotations: outDir }, quietContext()))
    expect(second.defects).toEqual([])
    expect(second.instances.every(({ rle }, i) => sameRle(rle, first.instances[i]!.rle))).toBe(true)
    expect(second.instances.map(({ source }) => source)).toEqual(first.instances.map(({ source }) => source))
  })

  it('says that files of the older LabelMe on the web are not read', async () => {
    const folder = testData('data/datumaro-assets/labelme_dataset')
    await expect(collect(labelme.read!({ imagesDir: folder }, quietContext()))).rejects.toMatchObject({
      code: 'import.format',
    })
  })
})

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeRle } from '#common/mask/rle.ts'
import { coco } from '#main/datasets/coco.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { planScenes } from '#main/sample/scenes/sample-plan.ts'
import { drawScene } from '#main/sample/scenes/scene.ts'
import { writeSampleImages } from '#main/sample/scenes/write-sample-images.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'
import { collect, quietContext } from '../../datasets/dataset-tools.ts'

const plan = { split: 'test', n: 6, correlation: 0.5, stream: 3 } as const
const seed = 7

describe('writing the sample', () => {
  it('gives photos and exact masks that come in through the COCO import, with labels from the folders', async () => {
    const imagesDir = join(temporaryFolder(), 'new/sample')
    const { annotations, photos } = await writeSampleImages(imagesDir, { seed, plan })
    const request = { imagesDir, annotations, labels: { kind: 'folder' } } as const
    const { images, instances, defects } = await collect(coco.read!(request, quietContext()))
    const scenes = planScenes(seed, plan).map((planned) => ({ planned, scene: drawScene(planned) }))
    expect(defects).toEqual([])
    expect(photos).toEqual(scenes.map(({ planned }) => join(imagesDir, planned.file)))
    expect(images.map(({ file, label, width, height }) => ({ file, label, width, height }))).toEqual(
      scenes.map(({ planned: { file, className }, scene: { rgb } }) => {
        return { file, label: className, width: rgb.width, height: rgb.height }
      }),
    )
    expect(instances.map(({ file, category, rle }) => ({ file, category, mask: decodeRle(rle) }))).toEqual(
      scenes.flatMap(({ planned: { file, className }, scene: { masks } }) => {
        return masks.map(({ bitmap }) => ({ file, category: className, mask: bitmap }))
      }),
    )
    expect(instances.length).toBeGreaterThanOrEqual(6)
  })

  it('writes the very pixels that were drawn, and what is known of each scene', async () => {
    const folder = temporaryFolder()
    const { annotations, photos } = await writeSampleImages(folder, { seed, plan: { ...plan, n: 3 } })
    const planned = planScenes(seed, { ...plan, n: 3 })
    for (const [i, each] of planned.entries()) {
      const { width, height, data } = await decodeImage(photos[i]!)
      const { rgb } = drawScene(each)
      expect([width, height]).toEqual([rgb.width, rgb.height])
      expect(Buffer.compare(data, rgb.data)).toBe(0)
    }
    const document = JSON.parse(readFileSync(annotations, 'utf8')) as Record<string, Record<string, unknown>[]>
    expect(document['info']).toEqual({
      description: 'Scenes drawn by ObAlEx Workstation',
      version: 1,
      seed,
      split: 'test',
      correlation: 0.5,
    })
    expect(document['images']!.map((image) => image['background'])).toEqual(planned.map((each) => each.background))
    expect(document['annotations']![0]).toMatchObject({ iscrowd: 0, category_id: 1, image_id: 1 })
    expect(document['annotations']![0]!['hidden']).toBeTypeOf('number')
  })

  it('tells how far it is', async () => {
    const calls: number[][] = []
    const onProgress = (...call: number[]) => calls.push(call)
    await writeSampleImages(temporaryFolder(), { seed, plan: { ...plan, n: 3 }, onProgress })
    expect(calls).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
      [3, 3],
    ])
  })

  it('stops when it is cancelled, and has no annotation file then', async () => {
    const folder = temporaryFolder()
    const abort = new AbortController()
    const onProgress = (done: number) => {
      if (done === 2) abort.abort()
    }
    const n = 12
    const writing = writeSampleImages(folder, { seed, plan: { ...plan, n }, onProgress, signal: abort.signal })
    await expect(writing).rejects.toMatchObject({ code: 'aborted' })
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.includes('.'))
    // those under way were finished, a thread each
    expect(files.length).toBeGreaterThanOrEqual(2)
    expect(files.length).toBeLessThan(n)
    expect(files.every((file) => file.endsWith('.png'))).toBe(true)
  })

  it('says what is in the way', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'beetle'), 'no folder')
    await expect(writeSampleImages(folder, { seed, plan })).rejects.toMatchObject({ code: 'file.unwritable' })
    expect(existsSync(join(folder, 'instances.json'))).toBe(false)
  })
})

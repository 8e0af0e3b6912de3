import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

/** A project without images, and photos in folders of their colour with COCO annotations beside them. */
async function setUp() {
  const folder = temporaryFolder()
  const [project, photos] = [join(folder, 'p.obalex'), join(folder, 'photos')]
  await writeColourPhotos(photos, 2)
  await obalexJson(['project', 'create', project])
  return { folder, project, photos, args: ['import', project, '--images'] }
}

/** The same photos in one folder, without names that say a class. */
function flatten(photos: string, to: string): void {
  mkdirSync(to)
  for (const colour of ['red', 'green', 'blue']) copyFileSync(join(photos, colour, '0.png'), join(to, `${colour}.png`))
}

describe('import without a format', () => {
  it('says what the folder looks like and takes it', async () => {
    const { folder, photos, args } = await setUp()
    const data = join(folder, 'data')
    mkdirSync(data)
    flatten(photos, join(data, 'pictures'))
    const images = ['red', 'green', 'blue'].map((colour, i) => ({
      ...{ id: i + 1, file_name: `${colour}.png`, width: 48, height: 48 },
    }))
    const square = { id: 1, image_id: 1, category_id: 1, segmentation: [[8, 8, 40, 8, 40, 40, 8, 40]], iscrowd: 0 }
    const categories = [{ id: 1, name: 'thing' }]
    writeFileSync(join(data, 'instances.json'), JSON.stringify({ images, annotations: [square], categories }))

    const dry = await obalex([...args, data, '--dry-run'])
    expect(dry).toMatchObject({
      ...{ status: 0, stdout: expect.stringMatching(/^Nothing was written\.[^]*masks +1 new/) as string },
      stderr: expect.stringContaining(
        'This looks like COCO instances (--format coco): 3 images, instances.json.\n',
      ) as string,
    })
    const done = await obalex([...args, data, '--json', '--quiet'])
    expect(done).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(done.stdout)).toMatchObject({ images: { new: 3 }, instances: { new: 1 } })
    const again = await obalexJson<{ images: object }>([...args, data])
    expect(again.images).toMatchObject({ new: 0 })
  })

  it('takes what is said beside the folder, before what is found', async () => {
    const { folder, project, photos } = await setUp()
    const data = join(folder, 'data')
    mkdirSync(data)
    flatten(photos, join(data, 'pictures'))
    const categories = [{ id: 1, name: 'thing' }]
    const images = [{ id: 1, file_name: 'red.png', width: 48, height: 48 }]
    writeFileSync(join(data, 'instances.json'), JSON.stringify({ images, annotations: [], categories }))
    const own = join(folder, 'own.json')
    writeFileSync(
      own,
      JSON.stringify({
        images: [...images, { ...images[0], id: 2, file_name: 'blue.png' }],
        annotations: [],
        categories,
      }),
    )
    const args = ['import', project, '--images', data, '--annotations', own]
    expect(await obalexJson(args)).toMatchObject({ images: { new: 2 } })
  })

  it('takes what has masks where the photos lie in folders, too', async () => {
    const { photos, args } = await setUp()
    const { status, stderr } = await obalex([...args, photos, '--dry-run'])
    expect(status).toBe(0)
    expect(stderr).toContain('This looks like COCO instances (--format coco): 6 images, ')
  })

  it('names the formats that it may be, with their images, and imports nothing', async () => {
    const { project, photos, args } = await setUp()
    const image = '<image id="0" name="red/0.png" width="48" height="48"></image>'
    writeFileSync(join(photos, 'annotations.xml'), `<annotations><version>1.1</version>${image}</annotations>`)
    const { status, stdout, stderr } = await obalex([...args, photos])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toBe(
      `obalex: ${photos} may be COCO instances (coco, 6 images), or CVAT 1.1 (cvat, 6 images) — Say which with --format coco|cvat.\n`,
    )
    expect(await obalexJson(['project', 'info', project])).toMatchObject({ nImages: 0 })
  })
})

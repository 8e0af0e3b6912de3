import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ImportReport } from '#common/contract/procedures/importing.ts'
import { makePhotos, paintPhoto, shiftMask, writeCoco, type Photo } from '../../builders/dataset.ts'
import { readContent } from '../../builders/stored-rows.ts'
import { folderIn, newProject, useEngine, useFolder } from './engine-tools.ts'

const root = useFolder()
const { client } = useEngine()

/** An import of some photos, in one of the ways that imports have. */
interface Step {
  readonly kind: 'folder' | 'masks' | 'corrections' | 'labels'
  /** which photos it has, by their bits */
  readonly photos: number
  /** how far its masks are from the exact ones */
  readonly shift: number
  /** its category or label; null: the photo's own */
  readonly name: string | null
  /** a photo that is painted over before it; null: none */
  readonly painted: number | null
}

const nPhotos = 4
const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('folder', 'masks', 'corrections', 'labels'),
    photos: fc.integer({ min: 1, max: 2 ** nPhotos - 1 }),
    shift: fc.integer({ min: 0, max: 2 }),
    name: fc.constantFrom(null, 'wolf', 'lynx'),
    painted: fc.option(fc.nat({ max: nPhotos - 1 }), { freq: 3 }),
  }),
  { minLength: 1, maxLength: 4 },
)

interface Scene {
  readonly project: number
  readonly path: string
  readonly take: (step: Step) => Promise<ImportReport>
}

async function setUp(): Promise<Scene> {
  const folder = folderIn(root)
  const [images, path] = [join(folder, 'photos'), join(folder, 'test.obalex')]
  const photos = await makePhotos(images, { classes: ['cat', 'dog'], width: 24, height: 20 })
  const project = await newProject(client, path)
  let n = 0
  const take = async ({ kind, photos: bits, shift, name, painted }: Step): Promise<ImportReport> => {
    n++
    if (painted !== null) await paintPhoto(photos[painted]!, [n * 20, 80, 80])
    const some = photos.filter((_, i) => (bits >> i) & 1)
    if (kind === 'folder') return client['dataset.import']({ project, format: 'folder', images })
    const annotations = await writeCoco(join(folder, `${n}.json`), some, {
      categoryOf: ({ label }: Photo) => (kind === 'labels' ? null : (name ?? label)),
      maskOf: ({ mask }: Photo) => shiftMask(mask, shift, 0),
    })
    const request = { project, format: 'coco', images, annotations }
    if (kind === 'corrections') return client['dataset.import']({ ...request, as: 'correction', auditor: 'Ada' })
    if (kind === 'masks') return client['dataset.import'](request)
    const labels = join(folder, `${n}.csv`)
    const rows = some.map(({ file, label }) => `${file},${name ?? label}`)
    await writeFile(labels, ['image,label', ...rows].join('\n'))
    return client['dataset.import']({ ...request, labels: `csv:${labels}` })
  }
  return { project, path, take }
}

describe('imports that are undone one after the other', () => {
  it('lead back through all states that the project had, table by table', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const { project, path, take } = await setUp()
        const states = [await readContent(path)]
        const entries: number[] = []
        for (const step of taken) {
          const { entry } = await take(step)
          if (entry === null) expect(await readContent(path)).toEqual(states.at(-1))
          else {
            entries.push(entry)
            states.push(await readContent(path))
          }
        }
        for (const entry of entries.reverse()) {
          expect(await readContent(path)).toEqual(states.pop())
          const { import: undone } = await client['dataset.import.undo']({ project })
          expect(undone.entry).toBe(entry)
          expect((await client['project.verify']({ path })).broken).toBeNull()
        }
        expect(await readContent(path)).toEqual(states.pop())
        await client['project.close']({ project })
      }),
      { numRuns: 25 },
    )
  }, 120_000)
})

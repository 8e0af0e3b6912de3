import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { DetectSpec } from '#common/contract/procedures/detecting.ts'
import { makePhotos } from '../../builders/dataset.ts'
import { writeSmallDetector, type SmallDetectorOptions } from '../../builders/small-detector.ts'
import { codeOf, folderIn, inspect, newProject, useEngine, useFolder } from './engine-tools.ts'
import { jobOf, setUpRun } from './run-tools.ts'

const root = useFolder()
const { engine, client } = useEngine()

interface Setting {
  readonly path: string
  readonly project: number
  readonly photos: readonly string[]
  readonly images: string
  readonly detector: z.input<typeof DetectSpec>['detector']
}

/** A project of photos without masks, and a detector that finds a cat in each. */
async function setUp(n = 3, options: SmallDetectorOptions = {}): Promise<Setting> {
  const folder = folderIn(root)
  const images = join(folder, 'photos')
  const photos = (await makePhotos(images, { classes: ['cat'], perClass: n })).map(({ file }) => file)
  const path = join(folder, 'test.obalex')
  const project = await newProject(client, path)
  await client['dataset.import']({ project, format: 'folder', images })
  const detector = { path: writeSmallDetector(folder, options), architecture: 'onnx' } as const
  return { path, project, photos, images, detector }
}

async function detect(project: number, spec: z.input<typeof DetectSpec>, onEvent?: (progress: Progress) => void) {
  const { job } = await client['detect.start']({ project, spec })
  return { job, ...(await client['detect.watch']({ project, job }, onEvent ? { onEvent } : {})) }
}

async function instancesOf(project: number) {
  return (await client['instances.list']({ project })).instances
}

describe('finding objects in a project’s images', () => {
  it('keeps them as machine masks with what found them, in the audit log, too', async () => {
    const { project, path, photos, detector } = await setUp()
    const progress: Progress[] = []
    const { state, nImages, failures, notes, job } = await detect(project, { detector }, (each) => progress.push(each))
    expect({ state, nImages, failures, notes }).toEqual({
      ...{ state: 'done', nImages: 3, failures: [] },
      notes: ['3 objects were found'],
    })
    expect(progress.at(-1)).toMatchObject({ step: 'model', done: 3, total: 3 })
    const instances = await instancesOf(project)
    expect(instances.map(({ image }) => image).sort()).toEqual([...photos].sort())
    for (const instance of instances) {
      expect(instance).toMatchObject({ category: 'cat', label: 'cat', revision: 0, auditor: null })
      expect(instance.score).toBeCloseTo(0.9, 5)
      expect(instance.area).toBeGreaterThan(100)
    }
    const { audit } = await inspect(path)
    const detected = audit.filter(({ action }) => action === 'image.detect')
    expect(detected).toHaveLength(3)
    expect(detected[0]!.data).toMatchObject({ n: 1, detector: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    expect(await jobOf(path, job)).toMatchObject({ kind: 'detect', state: 'done', done: 3, total: 3 })
  })

  it('does nothing again, and passes over images with masks unless it is told not to', async () => {
    const { project, path, detector } = await setUp(2)
    await detect(project, { detector })
    const before = (await inspect(path)).rows
    expect((await detect(project, { detector, onlyMissing: false })).notes).toEqual(['0 objects were found'])
    expect((await inspect(path)).rows).toMatchObject({ instance_mask: before['instance_mask'] })

    const other = {
      ...detector,
      path: writeSmallDetector(folderIn(root), { objects: [{ label: 18, score: 0.8, box: [1, 2, 9, 9] }] }),
    }
    expect((await detect(project, { detector: other })).notes).toEqual(['0 objects were found'])
    expect((await detect(project, { detector: other, onlyMissing: false })).notes).toEqual(['2 objects were found'])
    const categories = (await instancesOf(project)).map(({ category }) => category)
    expect(categories.sort()).toEqual(['cat', 'cat', 'dog', 'dog'])
  })

  it('leaves out what is below the least score, and finds nothing without an error', async () => {
    const { project, detector } = await setUp(2)
    expect((await detect(project, { detector, minScore: 0.95 })).notes).toEqual(['0 objects were found'])
    expect(await instancesOf(project)).toEqual([])
  })

  it('goes on over a photo that is gone or another one, and names it', async () => {
    const { project, detector, photos, images } = await setUp(3)
    rmSync(join(images, photos[0]!))
    writeFileSync(join(images, photos[1]!), 'no photo')
    const { state, failures, nImages } = await detect(project, { detector })
    expect({ state, nImages }).toEqual({ state: 'done', nImages: 3 })
    expect(failures.map(({ image, code }) => [image, code])).toEqual([
      [photos[0], 'file.missing'],
      [photos[1], expect.stringMatching(/^image\./)],
    ])
    expect(await instancesOf(project)).toHaveLength(1)
  })

  it('goes on where it was when it was stopped', async () => {
    const nPhotos = 60
    const { project, path, detector } = await setUp(nPhotos)
    const { job } = await client['detect.start']({ project, spec: { detector } })
    const { state } = await client['detect.watch'](
      { project, job },
      {
        onEvent: ({ done, total }) => {
          if (total !== null && done >= 2) void client['job.cancel']({ project, job })
        },
      },
    )
    expect(state).toBe('cancelled')
    const n = (await instancesOf(project)).length
    expect(n).toBeGreaterThanOrEqual(2)
    expect(n).toBeLessThan(nPhotos)
    const again = await detect(project, { detector })
    expect(again).toMatchObject({
      job,
      state: 'done',
      notes: [`${nPhotos - n} objects were found`.replace(/^1 objects were/, '1 object was')],
    })
    expect(await instancesOf(project)).toHaveLength(nPhotos)
    expect((await jobOf(path, job)).done).toBe(nPhotos)
  })

  /** Images that were looked at, as often as they were. */
  async function lookedAt(path: string): Promise<string[]> {
    const { audit } = await inspect(path)
    return audit.filter(({ action }) => action === 'image.detect').map(({ subject }) => subject)
  }

  it('looks at no image twice in which there was nothing', async () => {
    const nPhotos = 60
    const { project, path, detector } = await setUp(nPhotos, { objects: [] })
    const { job } = await client['detect.start']({ project, spec: { detector } })
    await client['detect.watch'](
      { project, job },
      {
        onEvent: ({ done, total }) => {
          if (total !== null && done >= 2) void client['job.cancel']({ project, job })
        },
      },
    )
    const before = await lookedAt(path)
    expect(before.length).toBeGreaterThanOrEqual(2)
    expect(before.length).toBeLessThan(nPhotos)
    expect(await detect(project, { detector })).toMatchObject({ job, state: 'done', nImages: nPhotos })
    const after = await lookedAt(path)
    expect(after).toHaveLength(nPhotos)
    expect(new Set(after).size).toBe(nPhotos)
    // nor when all of it is asked for again
    await detect(project, { detector })
    expect(await lookedAt(path)).toHaveLength(nPhotos)
  })

  it('looks again for weaker objects, by another detector, and by one that is set otherwise', async () => {
    const { project, path, detector } = await setUp(2)
    await detect(project, { detector, minScore: 0.95 })
    await detect(project, { detector, minScore: 0.99 })
    expect(await lookedAt(path)).toHaveLength(4)
    writeFileSync(`${detector.path}.card.json`, JSON.stringify({ detector: 'model-zoo' }))
    await detect(project, { detector, minScore: 0.95 })
    expect(await lookedAt(path)).toHaveLength(6)
    const other = writeSmallDetector(folderIn(root), { objects: [] })
    await detect(project, { detector: { ...detector, path: other }, minScore: 0.95 })
    expect(await lookedAt(path)).toHaveLength(8)
    expect((await detect(project, { detector, minScore: 0.5 })).notes).toEqual(['2 objects were found'])
  })

  it('takes a dead compute process for one more try', async () => {
    const { project, detector } = await setUp(2)
    await client['detector.describe']({ detector })
    process.kill(engine.computePid!, 'SIGKILL')
    expect(await detect(project, { detector })).toMatchObject({ state: 'done', failures: [] })
    expect(await instancesOf(project)).toHaveLength(2)
  })

  it('stops at a detector that cannot be used, with its reason', async () => {
    const { project, detector } = await setUp(1)
    writeFileSync(detector.path, 'no model')
    expect(await codeOf(detect(project, { detector }))).toBe('model.format')
    expect(await codeOf(detect(project, { detector: { ...detector, path: join(root, 'none.onnx') } }))).toBe(
      'file.missing',
    )
  })

  it('adds nothing to images whose masks people drew, unless asked', async () => {
    const { project, folder } = await setUpRun(client, root, { classes: ['cat'] })
    const detector = { path: writeSmallDetector(folder), architecture: 'onnx' } as const
    expect((await detect(project, { detector })).notes).toEqual(['0 objects were found'])
    expect((await detect(project, { detector, onlyMissing: false })).notes).toEqual(['2 objects were found'])
  })
})

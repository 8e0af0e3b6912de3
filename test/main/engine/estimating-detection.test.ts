import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { DetectSpec } from '#common/contract/procedures/detecting.ts'
import { makePhotos } from '../../builders/dataset.ts'
import { writeSmallDetector } from '../../builders/small-detector.ts'
import { codeOf, folderIn, inspect, newProject, useEngine, useFolder } from './engine-tools.ts'

const root = useFolder()
const { client } = useEngine()

let nDetectors = 0

/** A project of photos without masks, and a detector that no other test has timed. */
async function setUp(nPhotos: number) {
  const folder = folderIn(root)
  const images = join(folder, 'photos')
  const photos = (await makePhotos(images, { classes: ['cat'], perClass: nPhotos })).map(({ file }) => file)
  const path = join(folder, 'test.obalex')
  const project = await newProject(client, path)
  await client['dataset.import']({ project, format: 'folder', images })
  const right = 20 + nDetectors++
  const file = writeSmallDetector(folder, { objects: [{ label: 17, score: 0.9, box: [4, 6, right, 18] }] })
  const detector = { path: file, architecture: 'onnx' } as const
  const estimate = (spec: Partial<z.input<typeof DetectSpec>> = {}, canTime = false) =>
    client['detect.estimate']({ project, spec: { detector, ...spec }, canTime })
  const detect = async (spec: Partial<z.input<typeof DetectSpec>> = {}) => {
    const { job } = await client['detect.start']({ project, spec: { detector, ...spec } })
    return client['detect.watch']({ project, job })
  }
  return { project, path, images, photos, detector, estimate, detect }
}

describe('detect.estimate', () => {
  it('tells the time by what ran here, for the photos that are left', async () => {
    const { path, estimate, detect } = await setUp(6)
    const before = await inspect(path)
    expect(await estimate()).toEqual({ nImages: 6, nLeft: 6, seconds: null, isTimed: false })
    expect(await inspect(path)).toEqual(before)

    await detect({ limit: 4 })
    const rest = await estimate()
    expect(rest).toMatchObject({ nImages: 6, nLeft: 2, isTimed: false })
    expect(rest.seconds).toBeGreaterThan(0)
    expect(rest.seconds).toBeLessThan(60)
    expect(await estimate({ limit: 5 })).toMatchObject({ nImages: 5, nLeft: 1, seconds: rest.seconds! / 2 })
    expect(await estimate({ limit: 4 })).toEqual({ nImages: 4, nLeft: 0, seconds: 0, isTimed: false })
    expect(await estimate({ split: 'test' })).toEqual({ nImages: 0, nLeft: 0, seconds: 0, isTimed: false })
    const { speeds } = await client['runtime.speeds']({})
    expect(speeds[0]).toMatchObject({ runtime: 'onnx', work: 'detect' })
  })

  it('counts photos in which there was nothing as done, for the same least score', async () => {
    const { estimate, detect } = await setUp(3)
    await detect({ minScore: 0.95 })
    expect(await estimate({ minScore: 0.95 })).toMatchObject({ nLeft: 0 })
    expect(await estimate({ minScore: 0.5 })).toMatchObject({ nLeft: 3 })
  })

  it('times one photo where the detector never ran here, once, and keeps nothing of it', async () => {
    const { path, images, photos, estimate } = await setUp(5)
    writeFileSync(join(images, photos[0]!), 'no photo')
    const before = await inspect(path)
    const [one, other] = await Promise.all([estimate({}, true), estimate({ limit: 4 }, true)])
    expect(one).toMatchObject({ nImages: 5, nLeft: 5, isTimed: true })
    expect(one.seconds).toBeGreaterThan(0)
    expect(other.seconds).toBeCloseTo((one.seconds! * 4) / 5, 9)
    expect(await inspect(path)).toEqual(before)
    // it took in what later photos will find made: no speed to remember
    expect(await estimate()).toMatchObject({ seconds: null })
  })

  it('makes nothing up where there are too few photos to time one, or none that can be read', async () => {
    const few = await setUp(2)
    expect(await few.estimate({}, true)).toEqual({ nImages: 2, nLeft: 2, seconds: null, isTimed: false })
    const gone = await setUp(4)
    rmSync(gone.images, { recursive: true })
    expect(await gone.estimate({}, true)).toMatchObject({ nLeft: 4, seconds: null, isTimed: false })
  })

  it('is refused as the work would be, and stops when nobody waits for it', async () => {
    const { project, detector, estimate } = await setUp(3)
    expect(await codeOf(estimate({ detector: { ...detector, path: join(root, 'none.onnx') } }))).toBe('file.missing')
    const stop = new AbortController()
    const stopped = client['detect.estimate']({ project, spec: { detector }, canTime: true }, { signal: stop.signal })
    stop.abort()
    expect(await codeOf(stopped)).toBe('aborted')
    expect(await estimate({}, true)).toMatchObject({ isTimed: true })
  })
})

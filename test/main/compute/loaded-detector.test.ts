import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { LoadedDetector } from '#main/compute/loaded-detector.ts'
import type { Detector } from '#main/detectors/detector.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { writeSmallDetector } from '../../builders/small-detector.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { codeOf } from '../engine/engine-tools.ts'

const photo = { width: 6, height: 5, data: new Uint8Array(90) }

function nFound(detector: Detector): Promise<number> {
  const { signal } = new AbortController()
  return detector.detect(photo, { minScore: null, signal, onProgress: () => undefined }).then((found) => found.length)
}

const one = [{ label: 17, score: 0.5, box: [0, 0, 5, 4] }] as const

function setUp() {
  const path = writeSmallDetector(temporaryFolder(), { objects: one })
  const asked: string[] = []
  const choose = (preference: string) => {
    asked.push(preference)
    if (preference === 'tensorflow') throw new AppError('runtime.unavailable', 'there is none')
    return Promise.resolve([onnxRuntime])
  }
  const wanted = (stamp: string | null, more: object = {}) => ({
    detector: { path, architecture: 'onnx' as const, runtime: 'auto' as const, ...more },
    stamp,
  })
  return { path, asked, wanted, loaded: new LoadedDetector({ choose }) }
}

describe('the detector of a compute process', () => {
  it('is loaded once for the same request', async () => {
    const { asked, wanted, loaded } = setUp()
    const detector = await loaded.get(wanted('1'))
    expect(await loaded.get(wanted('1'))).toBe(detector)
    expect(asked).toEqual(['auto'])
    expect(await nFound(detector)).toBe(1)
  })

  it('is loaded anew where its files or the request are others, and the one before is freed', async () => {
    const { path, wanted, loaded } = setUp()
    const before = await loaded.get(wanted('1'))
    writeSmallDetector(join(path, '..'), { objects: [...one, ...one] })
    const after = await loaded.get(wanted('2'))
    expect(await nFound(after)).toBe(2)
    await expect(nFound(before)).rejects.toThrow()
    const other = await loaded.get(wanted('2', { runtime: 'onnx' }))
    expect(other).not.toBe(after)
    await expect(nFound(after)).rejects.toThrow()
    expect(await nFound(other)).toBe(2)
  })

  it('is none after a loading that failed, which is tried again', async () => {
    const { path, wanted, loaded } = setUp()
    const before = await loaded.get(wanted('1'))
    writeFileSync(path, 'no network')
    expect(await codeOf(loaded.get(wanted('2')))).toBe('model.format')
    await expect(nFound(before)).rejects.toThrow()
    rmSync(path)
    expect(await codeOf(loaded.get(wanted('2')))).toBe('file.missing')
    writeSmallDetector(join(path, '..'), { objects: one })
    expect(await nFound(await loaded.get(wanted('2')))).toBe(1)
    expect(await codeOf(loaded.get(wanted('2', { runtime: 'tensorflow' })))).toBe('runtime.unavailable')
  })

  it('is given up also where it cannot be freed', async () => {
    const { wanted, loaded } = setUp()
    const before = await loaded.get(wanted('1'))
    await before.dispose() // a second time is an error
    await expect(loaded.get(wanted('2'))).rejects.toThrow()
    expect(await nFound(await loaded.get(wanted('1')))).toBe(1)
  })
})

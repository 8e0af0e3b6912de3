import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Speeds } from '#main/engine/speeds.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const key = { sha256: 'a'.repeat(64), runtime: 'onnx', work: 'predict' }

describe('speeds', () => {
  it('are remembered over the end of the program, later measurements counting more', async () => {
    const file = join(temporaryFolder(), 'of the user', 'speeds.json')
    let time = 5
    const first = new Speeds({ file, now: () => time })
    expect(await first.secondsPerImage(key)).toBeNull()
    first.record(key, 1)
    time = 6
    first.record(key, 2)
    first.record({ ...key, work: 'gradcam paper' }, 4)
    expect(await first.secondsPerImage(key)).toBeCloseTo(1.2, 12)
    await first.dispose()
    const second = new Speeds({ file, now: () => time })
    expect(await second.list()).toEqual([
      { ...key, work: 'gradcam paper', secondsPerImage: 4, measuredAt: 6 },
      { ...key, secondsPerImage: expect.closeTo(1.2, 12) as number, measuredAt: 6 },
    ])
  })

  it('of a call that took no time, or is no number, are not taken', async () => {
    const speeds = new Speeds({ file: null, now: () => 0 })
    for (const seconds of [0, -1, NaN, Infinity]) speeds.record(key, seconds)
    expect(await speeds.list()).toEqual([])
  })

  it.each([
    ['is broken', '{"speeds": [{"sha256"'],
    ['is another one', '{"projects": []}'],
  ])('are learned anew where the file %s', async (_, content) => {
    const file = join(temporaryFolder(), 'speeds.json')
    writeFileSync(file, content)
    const speeds = new Speeds({ file, now: () => 0 })
    expect(await speeds.list()).toEqual([])
    speeds.record(key, 3)
    await speeds.dispose()
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ speeds: [{ secondsPerImage: 3 }] })
  })

  it('that cannot be written are known while the program runs', async () => {
    const file = join(temporaryFolder(), 'a folder')
    mkdirSync(file)
    const speeds = new Speeds({ file, now: () => 0 })
    speeds.record(key, 3)
    await speeds.dispose()
    expect(await speeds.secondsPerImage(key)).toBe(3)
  })
})

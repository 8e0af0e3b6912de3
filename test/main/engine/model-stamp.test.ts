import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { modelStamp } from '#main/engine/model-stamp.ts'
import { inFile, writeOnnx } from '../../builders/onnx-file.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

/** An .onnx whose weights lie beside it, of which some are shared by several tensors. */
function setUp(location = 'weights/model.data') {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'weights'))
  const data = join(folder, 'weights/model.data')
  writeFileSync(data, new Uint8Array(8))
  const path = writeOnnx(
    {
      inputs: [{ name: 'x', shape: [2] }],
      nodes: [{ type: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      tensors: {
        w: { shape: [2], write: inFile({ location }) },
        v: { shape: [1], write: inFile({ location, offset: '4', length: '4' }) },
      },
    },
    folder,
  )
  return { path, data }
}

it('is the same as long as nothing changes, and null where there is no file', async () => {
  const { path } = setUp()
  expect(await modelStamp(path)).toBe(await modelStamp(path))
  expect(await modelStamp(`${path}.none`)).toBeNull()
})

it('is another one where weights beside an .onnx change, grow or go', async () => {
  const { path, data } = setUp()
  const stamps = [await modelStamp(path)]
  utimesSync(data, 1, 2)
  stamps.push(await modelStamp(path))
  writeFileSync(data, new Uint8Array(12))
  stamps.push(await modelStamp(path))
  rmSync(data)
  stamps.push(await modelStamp(path))
  expect(stamps).not.toContain(null)
  expect(new Set(stamps).size).toBe(4)
})

it('looks at the files that an .onnx names now', async () => {
  const { path } = setUp()
  await modelStamp(path)
  const data = join(path, '../other.data')
  writeFileSync(data, new Uint8Array(8))
  writeOnnx(
    {
      inputs: [{ name: 'x', shape: [2] }],
      nodes: [{ type: 'Add', inputs: ['x', 'weights'], outputs: ['y'] }],
      tensors: { weights: { shape: [2], write: inFile({ location: 'other.data' }) } },
    },
    join(path, '..'),
  )
  const before = await modelStamp(path)
  utimesSync(data, 1, 2)
  expect(await modelStamp(path)).not.toBe(before)
})

it.each([
  ['is outside the folder', () => setUp('../model.data').path],
  [
    'cannot be read',
    () => {
      const { path } = setUp()
      writeFileSync(path, 'no model')
      return path
    },
  ],
])('is told all the same where what an .onnx names %s: the loading says what is wrong', async (_, make) => {
  const path = make()
  const before = await modelStamp(path)
  expect(before).not.toBeNull()
  utimesSync(path, 1, 2)
  expect(await modelStamp(path)).not.toBe(before)
})

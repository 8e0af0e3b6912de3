import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scanJson } from '#main/datasets/json/scan-json.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { openHdf5 } from '#main/files/hdf5.ts'
import { readNpy } from '#main/files/npy.ts'
import { withZipEntries } from '#main/files/zip-entries.ts'
import { openOnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const scan = {
  root: 'object',
  wanted: [],
  required: [],
  what: 'a file',
  signal: new AbortController().signal,
} as const

const readers: [string, (path: string) => Promise<unknown>][] = [
  ['HDF5', openHdf5],
  ['NumPy', readNpy],
  ['zip', (path) => withZipEntries(path, [], () => Promise.resolve())],
  ['ONNX', openOnnxFile],
  ['JSON', (path) => scanJson(path, scan).next()],
  ['image', decodeImage],
]

describe.each(readers)('a reader of %s files', (_, read) => {
  it.skipIf(process.platform === 'win32')('does not wait for the other end of a pipe', async () => {
    const path = join(temporaryFolder(), 'pipe')
    execFileSync('mkfifo', [path])
    await expect(read(path)).rejects.toMatchObject({
      code: 'file.unreadable',
      message: `${path} is not a regular file`,
    })
  })

  it('names a folder and a file that is not there', async () => {
    const folder = temporaryFolder()
    await expect(read(folder)).rejects.toMatchObject({ code: 'file.unreadable', message: `${folder} is a folder` })
    const gone = join(folder, 'gone', 'file')
    await expect(read(gone)).rejects.toMatchObject({ code: 'file.missing', message: `there is no file ${gone}` })
  })
})

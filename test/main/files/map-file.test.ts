import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { decodeImage } from '#main/files/decode-image.ts'
import { readMap, writeMap, writePng } from '#main/files/map-file.ts'
import { formatNpy, readNpy } from '#main/files/npy.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { expectOnlyAppErrors } from './damage.ts'

function write(name: string, content: Uint8Array | string): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}

describe('readMap and writeMap', () => {
  it('give back a map as float32', async () => {
    const path = join(temporaryFolder(), 'map.npy')
    await writeMap(path, { width: 3, height: 2, data: Float64Array.of(0, 0.1, -2, 3, 1e6, 5) })
    expect(await readMap(path)).toEqual({ width: 3, height: 2, data: Float32Array.of(0, 0.1, -2, 3, 1e6, 5) })
    expect((await readNpy(path)).shape).toEqual([2, 3])
  })

  it('take whole numbers as they are', async () => {
    const npy = Buffer.from(formatNpy(new Float32Array(2), [1, 2]))
      .toString('latin1')
      .replace("'<f4'", "'<i4'")
    const map = await readMap(
      write('map.npy', Buffer.from(`${npy.slice(0, -8)}\x01\0\0\x01\xff\xff\xff\xff`, 'latin1')),
    )
    expect(map).toEqual({ width: 2, height: 1, data: Float64Array.of(0x0100_0001, -1) })
  })

  it('take a grey PNG as 0…1, at its own depth', async () => {
    const grey8 = await sharp(Uint8Array.of(0, 51, 255), { raw: { width: 3, height: 1, channels: 1 } })
      .png()
      .toBuffer()
    expect((await readMap(write('a.png', grey8))).data).toEqual(Float64Array.of(0, 0.2, 1))
    const grey16 = await sharp(Uint16Array.of(0, 13107, 65535), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    expect((await readMap(write('a.png', grey16))).data).toEqual(Float64Array.of(0, 0.2, 1))
  })

  it('refuse coloured pictures, other axes, no cells and values that are no numbers', async () => {
    const colour = await sharp(Uint8Array.of(1, 2, 3), { raw: { width: 1, height: 1, channels: 3 } })
      .png()
      .toBuffer()
    for (const [code, content] of [
      ['map.format', colour],
      ['map.format', 'text'],
      ['map.format', formatNpy(new Float32Array(6), [6])],
      ['map.format', formatNpy(new Float32Array(6), [1, 2, 3])],
      ['map.format', formatNpy(new Float32Array(0), [0, 3])],
      ['map.not-finite', formatNpy(Float32Array.of(0, Number.NaN), [1, 2])],
      ['map.not-finite', formatNpy(Float32Array.of(0, Number.POSITIVE_INFINITY), [1, 2])],
    ] as const) {
      await expect(readMap(write('map', content))).rejects.toMatchObject({ code })
    }
    await expect(readMap(join(temporaryFolder(), 'map.npy'))).rejects.toMatchObject({ code: 'file.missing' })
  })

  it('end with a map or an AppError whatever bytes are damaged', async () => {
    const path = write('map.npy', '')
    await expectOnlyAppErrors(formatNpy(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]), async (bytes) => {
      writeFileSync(path, bytes)
      const map = await readMap(path)
      expect(map.data).toHaveLength(map.width * map.height)
    })
  })
})

describe('writePng', () => {
  it('keeps every pixel, and always writes the same bytes', async () => {
    const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i * 14) }
    const path = join(temporaryFolder(), 'overlay.png')
    await writePng(path, image)
    expect(await decodeImage(path)).toMatchObject(image)
    const first = readFileSync(path)
    await writePng(path, image)
    expect(readFileSync(path)).toEqual(first)
  })
})

import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { colourNumber, formatPalettePng, pngSize, readIndexPng } from '#main/files/index-png.ts'
import { AppError } from '#common/contract/errors.ts'

const palette = Array.from({ length: 256 }, (_, i) => colourNumber(i, 255 - i, (i * 7) & 255))

const raw = (data: readonly number[], width: number, channels: 1 | 3 | 4) =>
  sharp(Uint8Array.from(data), { raw: { width, height: data.length / channels / width, channels } })

describe('PNGs whose pixels are numbers', () => {
  it('with a palette give its places, also where two have one colour', async () => {
    const twice = [0, colourNumber(9, 8, 7), colourNumber(9, 8, 7)]
    const png = await formatPalettePng({ width: 3, height: 2, data: Uint8Array.of(0, 1, 2, 2, 1, 0) }, twice)
    expect(pngSize(png)).toEqual([3, 2])
    const read = await readIndexPng(png, 'a.png')
    expect(read).toMatchObject({ width: 3, height: 2, kind: 'palette', palette: twice, alphas: null })
    expect([...read.values]).toEqual([0, 1, 2, 2, 1, 0])
    // other programs see the colours
    const { data } = await sharp(png).raw().toBuffer({ resolveWithObject: true })
    expect([...data.subarray(0, 6)]).toEqual([0, 0, 0, 9, 8, 7])
  })

  it('come back as they were written, whatever their size', async () => {
    const picture = fc
      .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
      .chain(([width, height]) =>
        fc
          .uint8Array({ minLength: width * height, maxLength: width * height })
          .map((data) => ({ width, height, data })),
      )
    await fc.assert(
      fc.asyncProperty(picture, async (one) => {
        const { values, palette: colours } = await readIndexPng(await formatPalettePng(one, palette), 'a.png')
        expect([...values]).toEqual([...one.data])
        expect(colours).toEqual(palette)
      }),
      { numRuns: 30 },
    )
  })

  it('of 1, 2 and 4 bits a pixel, interlaced or not, give their places, not what they are stretched to', async () => {
    for (const colours of [2, 4, 16]) {
      const levels = Array.from({ length: colours * 4 }, (_, i) => Math.floor(i / 4))
      const rgb = levels.flatMap((level) => [level * 15, 255 - level * 15, level])
      for (const progressive of [false, true]) {
        const png = await raw(rgb, 4, 3).png({ palette: true, colours, dither: 0, progressive, effort: 10 }).toBuffer()
        const { kind, values, palette: found } = await readIndexPng(png, 'a.png')
        expect(kind).toBe('palette')
        expect(new Set(values).size).toBe(colours)
        expect(Math.max(...values)).toBeLessThan(found!.length)
      }
    }
  })

  it('of greys give their levels, of colours their colours, both with what is transparent', async () => {
    const grey = await readIndexPng(await raw([0, 1, 200, 255], 2, 1).toColourspace('b-w').png().toBuffer(), 'a.png')
    expect(grey).toMatchObject({ kind: 'grey', alphas: null, palette: null })
    expect([...grey.values]).toEqual([0, 1, 200, 255])
    const rgba = await readIndexPng(await raw([1, 2, 3, 255, 4, 5, 6, 0], 2, 4).png().toBuffer(), 'a.png')
    expect(rgba.kind).toBe('colour')
    expect([...rgba.values]).toEqual([colourNumber(1, 2, 3), colourNumber(4, 5, 6)])
    expect([...rgba.alphas!]).toEqual([1, 0])
    const deep = await sharp(Uint16Array.of(0, 300, 65535), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    expect([...(await readIndexPng(deep, 'a.png')).values]).toEqual([0, 300, 65535])
  })

  it('that are damaged or none say so', async () => {
    const png = Buffer.from(
      await formatPalettePng({ width: 16, height: 16, data: new Uint8Array(256).map((_, i) => i) }, palette),
    )
    const reading = (bytes: Uint8Array) => readIndexPng(bytes, 'a.png').then(() => null)
    for (const bytes of [
      new Uint8Array(),
      png.subarray(0, 33),
      png.subarray(0, png.length - 60),
      Buffer.from('GIF89a'),
    ]) {
      await expect(reading(bytes)).rejects.toMatchObject({ code: 'image.broken' })
    }
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: png.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Uint8Array.from(png)
        bytes[at]! ^= change
        const failure = await reading(bytes).catch((error: unknown) => error)
        if (failure !== null) expect(failure).toBeInstanceOf(AppError)
      }),
      { numRuns: 150 },
    )
  })
})

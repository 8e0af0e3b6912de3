import { describe, expect, it } from 'vitest'
import { ColourRegion, type ColourWindow } from '#common/mask/colour-region.ts'
import { drawnMask } from './sample-masks.ts'

/** A photo of greys, written as digits: 0 is black, 9 is 225. */
function greys(...rows: string[]): ColourWindow {
  const values = rows.flatMap((row) => Array.from(row, (digit) => 25 * Number(digit)))
  return {
    width: rows[0]!.length,
    height: rows.length,
    data: Uint8ClampedArray.from(values.flatMap((value) => [value, value, value, 255])),
  }
}

describe('ColourRegion', () => {
  const photo = greys('0001190', '0001190', '0001190', '9991190')

  it('takes what is connected and of nearly the same colour', () => {
    const region = new ColourRegion(photo, { x: 1, y: 1 }, 100)
    expect(region.within(0)).toEqual(drawnMask('###....', '###....', '###....', '.......'))
    expect(region.within(24)).toEqual(region.within(0))
    expect(region.within(25)).toEqual(drawnMask('#####..', '#####..', '#####..', '...##..'))
    expect(region.within(255)).toEqual(drawnMask('#######', '#######', '#######', '#######'))
  })

  it('takes nothing beyond the radius', () => {
    const plain = greys('00000', '00000', '00000', '00000', '00000')
    const region = new ColourRegion(plain, { x: 2, y: 2 }, 2)
    expect(region.within(255)).toEqual(drawnMask('..#..', '.###.', '#####', '.###.', '..#..'))
  })

  it('starts from the mean of nine pixels, against noise, and always takes the first', () => {
    const noisy = greys('444', '494', '444')
    expect(new ColourRegion(noisy, { x: 1, y: 1 }, 9).within(0)).toEqual(drawnMask('...', '.#.', '...'))
    expect(new ColourRegion(noisy, { x: 1, y: 1 }, 9).within(14)).toEqual(drawnMask('###', '###', '###'))
  })

  it('tells colours apart that are equally light', () => {
    const data = Uint8Array.from([200, 0, 0, 255, 0, 200, 0, 255])
    const region = new ColourRegion({ width: 2, height: 1, data }, { x: 0, y: 0 }, 9)
    // the mean of both lies in the middle: 100, 100, 0
    expect(region.within(81)).toEqual(drawnMask('#.'))
    expect(region.within(82)).toEqual(drawnMask('##'))
  })
})

import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress } from '../../../renderer/stores/address.ts'

describe('the address of a place in the window', () => {
  it.each([
    { workspace: 'home', image: null },
    { workspace: 'images', image: null },
    { workspace: 'review', image: null },
    { workspace: 'review', image: 138 },
    { workspace: 'explain', image: null },
    { workspace: 'explain', image: 7 },
  ] as const)('comes back as it was: %o', (place) => {
    expect(parseAddress(formatAddress(place))).toEqual(place)
  })

  it.each(['', '#', '#train', '#review/x', '#review/1/2', '#open=%2Ftmp'])('is Home for %s', (fragment) => {
    expect(parseAddress(fragment)).toEqual({ workspace: 'home', image: null })
  })

  it('has no image outside Review and Explain', () => {
    expect(parseAddress('#images/3')).toEqual({ workspace: 'images', image: null })
  })
})

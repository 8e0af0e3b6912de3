import { describe, expect, it } from 'vitest'
import { distinguishingOptions } from '../../../renderer/components/option-words.ts'

const coarse = { model: 'fair', method: 'occlusion', variant: 'standard', options: { patch: 32, stride: 16, fill: 0 } }

describe('the options in words', () => {
  it('are those in which maps of one method and classifier differ', () => {
    const fine = { ...coarse, options: { patch: 16, stride: 8, fill: 0 } }
    expect(distinguishingOptions([coarse, fine])).toEqual(['patch 32, stride 16', 'patch 16, stride 8'])
  })

  it('are none where another classifier, variant or method tells maps apart', () => {
    const others = [
      { ...coarse, model: 'shortcut', options: { patch: 16 } },
      { ...coarse, variant: 'paper', options: { patch: 8 } },
      { ...coarse, method: 'lime', options: { samples: 1000 } },
    ]
    expect(distinguishingOptions([coarse, ...others])).toEqual(['', '', '', ''])
  })

  it('tell an option that only one has, and values that are no single ones', () => {
    const filled = { ...coarse, options: { ...coarse.options, fill: [1, 2, 3], layer: 'conv_1' } }
    expect(distinguishingOptions([coarse, filled])).toEqual(['fill 0', 'fill [1,2,3], layer conv_1'])
  })
})

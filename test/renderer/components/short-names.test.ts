import { describe, expect, it } from 'vitest'
import { shortNames } from '../../../renderer/components/short-names.ts'

describe('names in narrow places', () => {
  it.each([
    [
      ['sample-fair', 'sample-shortcut'],
      ['fair', 'shortcut'],
    ],
    [
      ['mobilenet-v1-0.25-tfjs', 'mobilenet-v1-0.75-tfjs', 'tm-catsdogs-tfjs'],
      ['mobilenet-v1-0.25', 'mobilenet-v1-0.75', 'tm-catsdogs'],
    ],
    [
      ['VGG16', 'ResNet50'],
      ['VGG16', 'ResNet50'],
    ],
    // what is left of each is never nothing
    [
      ['net', 'net-2'],
      ['net', 'net-2'],
    ],
    [
      ['a-b', 'a-b'],
      ['b', 'b'],
    ],
    [['mobilenet-v1-0.25-tfjs'], ['mobilenet-v1-0.25-tfjs']],
    [[], []],
  ])('%j are %j', (names, short) => {
    expect(shortNames(names)).toEqual(short)
  })
})

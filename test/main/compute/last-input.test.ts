import { expect, it } from 'vitest'
import { LastInput } from '#main/compute/last-input.ts'
import { selfTestGraph } from '#main/tensor/self-test.ts'
import { naiveClassifier } from '../explainers/small-classifier.ts'

it('the input of the photo that was explained last is the same array, of any other another', () => {
  const last = new LastInput()
  const classifier = naiveClassifier(selfTestGraph, 'depthwise')
  const photo = Uint8Array.from({ length: 192 }, (_, i) => i)
  const input = last.of(1, classifier, photo)
  expect(input).toEqual(Float32Array.from(photo))
  expect(last.of(1, classifier, photo.slice())).toBe(input)
  const other = last.of(
    1,
    classifier,
    photo.map((value) => value + 1),
  )
  expect(other).not.toBe(input)
  expect(last.of(1, classifier, photo)).not.toBe(input)
  expect(last.of(2, classifier, photo)).toEqual(input)
})

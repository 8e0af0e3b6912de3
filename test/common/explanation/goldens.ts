import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { parseNpy, type NpyArray } from '#main/files/npy.ts'
import { testData } from '../../builders/test-data.ts'

/** Every folder MODEL/PHOTO of goldens/explainers. */
export const goldenExplanations = [
  ...['beaver_0007', 'english_setter_153', 'flamingo_0003', 'Persian_106', 'pug_142', 'Siamese_153'].map(
    (photo) => `mobilenet025/${photo}`,
  ),
  'resnet50/pug_142',
  'vgg16/pug_142',
]

/** An array below goldens/, e.g. `goldenArray('primitives/zoom0_in')`. */
export function goldenArray(name: string): NpyArray {
  const path = testData(`goldens/${name}.npy`)
  return parseNpy(readFileSync(path), path)
}

/** The values of a golden array in float64. */
export function goldenValues(name: string): Float64Array {
  return Float64Array.from(goldenArray(name).data)
}

/** A JSON file of test/fixtures. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'))
}

/** Largest difference of two arrays of the same length; NaN if one is anywhere. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length)
  let largest = 0
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(actual[i]! - expected[i]!))
  return largest
}

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { expect } from 'vitest'
import { decompressCounts } from '#common/mask/rle-string.ts'
import type { Rle } from '#common/mask/rle.ts'
import type { CornerBox } from '#main/detectors/mask-rcnn/boxes.ts'
import { cocoConfig, type MaskRcnnConfig } from '#main/detectors/mask-rcnn/config.ts'
import { parseNpy } from '#main/files/npy.ts'
import { testData } from '../../../builders/test-data.ts'

function path(name: string): string {
  return testData(`goldens/mask-rcnn/${name}`)
}

/** An array below goldens/mask-rcnn as it is stored, and its shape. */
export function goldenArray(name: string) {
  return parseNpy(readFileSync(path(`${name}.npy`)), name)
}

/** The values of a float32 array below goldens/mask-rcnn. */
export function goldenFloats(name: string): Float32Array {
  return Float32Array.from(goldenArray(name).data)
}

/** The values of a uint8 array below goldens/mask-rcnn. */
export function goldenBytes(name: string): Uint8Array {
  return Uint8Array.from(goldenArray(name).data)
}

/** A JSON file below goldens/mask-rcnn. */
export function goldenJson(name: string): unknown {
  return JSON.parse(readFileSync(path(`${name}.json`), 'utf8'))
}

/** `golden.json` of a photo. */
export function photoGolden(folder: string): PhotoGolden {
  return goldenJson(`${folder}/golden`) as PhotoGolden
}

/** What `golden.json` of a photo says. */
interface PhotoGolden {
  readonly window: CornerBox
  readonly scale: number
  readonly original_shape: readonly [height: number, width: number, channels: number]
  readonly molded: Summary
  readonly anchors: Summary & { readonly count: number; readonly first5: CornerBox[]; readonly last5: CornerBox[] }
  readonly results: readonly {
    readonly class_id: number
    readonly score: number
    readonly roi: CornerBox
    readonly area: number
    readonly rle: { readonly size: readonly [number, number]; readonly counts: string }
  }[]
}

interface Summary {
  readonly mean: number
  readonly min: number
  readonly max: number
  readonly probes: { readonly flat: readonly number[]; readonly value: readonly number[] }
}

/** Every photo that the reference ran on: its folder, the configuration it ran with, what came out. */
interface GoldenRun {
  readonly folder: string
  readonly config: MaskRcnnConfig
  /** Whether the inputs of each stage are stored. */
  readonly hasStages: boolean
}

const runs = [
  { name: 'inference-resnet101-256', config: { ...cocoConfig, minSide: 200, maxSide: 256 } },
  { name: 'inference-resnet50-320', config: { ...cocoConfig, backbone: 'resnet50', minSide: 250, maxSide: 320 } },
] as const

/** Empty where the test data are absent. */
export const goldenRuns: readonly GoldenRun[] = runs.flatMap(({ name, config }) =>
  existsSync(path(name))
    ? readdirSync(path(name), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name: photo }) => ({
          folder: `${name}/${photo}`,
          config,
          hasStages: existsSync(path(`${name}/${photo}/rpn_bbox.npy`)),
        }))
    : [],
)

/** A file of a photo of the goldens, such as input.png. */
export function goldenPath(name: string): string {
  return path(name)
}

/** A code as COCO files write it. */
export function rleFromGolden({ size: [height, width], counts }: PhotoGolden['results'][number]['rle']): Rle {
  return { width, height, counts: decompressCounts(counts, width * height) }
}

/** Asserts that lists are of one length and differ nowhere by more than a tolerance. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!)
    if (!(difference <= largest)) largest = difference
  }
  expect(largest).toBeLessThanOrEqual(tolerance)
}

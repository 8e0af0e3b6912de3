import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Client } from '#common/contract/rpc.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import { computeContract, type ComputeContract } from '#main/compute/contract.ts'
import { startComputeChild, type ComputeProcess } from '#main/compute/host.ts'
import { writeSmallDetector } from '../../builders/small-detector.ts'
import { errorOf, useFolder } from '../engine/engine-tools.ts'

const folder = useFolder()
let compute: ComputeProcess
let client: Client<ComputeContract>
let detector: { readonly path: string; readonly architecture: 'onnx' }

beforeAll(() => {
  compute = startComputeChild()
  client = connect(computeContract, compute.link)
  detector = { path: writeSmallDetector(folder, { masks: 'bright' }), architecture: 'onnx' }
})
afterAll(async () => {
  compute.link.close()
  await compute.exited
})

const size = { width: 4, height: 3 }
/** Red on its second column. */
const image = Uint8Array.from({ length: 36 }, (_, i) => (i % 12 === 3 ? 255 : 0))

describe('detecting in a compute process', () => {
  it('gives objects with their masks, and what found them', async () => {
    const shares: number[] = []
    const { info, objects, seconds } = await client['detector.detect'](
      { detector, stamp: null, image, ...size, minScore: null },
      { onEvent: ({ share }) => shares.push(share) },
    )
    expect(info).toEqual(await client['detector.describe']({ detector, stamp: null }))
    expect(objects.map(({ classIndex, bbox }) => ({ classIndex, bbox }))).toEqual([
      { classIndex: 17, bbox: [4, 6, 16, 12] },
    ])
    expect([...decompressCounts(objects[0]!.counts, 12)]).toEqual([3, 3, 6])
    expect(seconds).toBeGreaterThan(0)
    expect(shares).toEqual([1])
  })

  it.each([0, 35, 37, 48])('refuses %i bytes for a photo of 36', async (length) => {
    const wrong = new Uint8Array(length)
    const error = await errorOf(
      client['detector.detect']({ detector, stamp: null, image: wrong, ...size, minScore: null }),
    )
    expect(error.code).toBe('shape.mismatch')
    expect(error.message).toContain('4×3')
  })
})

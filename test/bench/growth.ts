import { connect } from '#common/contract/rpc.ts'
import { computeContract } from '#main/compute/contract.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { readPhotoInput } from '#main/engine/photo-input.ts'
import { hasTestData, testData } from '../builders/data-paths.ts'
import type { BenchResult, Row } from './benchmark.ts'

const model = testData('data/mobilenet-v1-0.25-tfjs/model.json')
const photo = testData('data/oxford-pets-370/data/sample_images/dogs/pug_142.jpg')
const nRounds = 5

interface Case {
  readonly what: string
  readonly method: string
  readonly options: Readonly<Record<string, number>>
  readonly nPhotos?: number
}

const cases: readonly Case[] = [
  ...[32, 16, 8, 4].map((stride) => {
    const side = Math.floor((224 - 32) / stride) + 1
    return { what: `occlusion, ${side ** 2} places (stride ${stride})`, method: 'occlusion', options: { stride } }
  }),
  ...[250, 500, 1000, 2000].map((samples) => {
    return { what: `LIME, ${samples} samples`, method: 'lime', options: { samples } }
  }),
  ...[1000, 4000].map((samples) => ({ what: `RISE, ${samples} samples`, method: 'rise', options: { samples } })),
  ...[1, 10, 100].map((nPhotos) => ({
    what: `Grad-CAM, ${nPhotos === 1 ? 'a photo' : `${nPhotos} photos`}`,
    method: 'gradcam',
    options: {},
    nPhotos,
  })),
]

/** How the time of a method grows with the work that is asked for: MobileNet 0.25, the quietest of some rounds. */
export default async function bench(): Promise<BenchResult> {
  const name = `growth of time, MobileNet 0.25, the quietest of ${nRounds} rounds`
  if (!hasTestData) return { name, rows: [], skipped: 'no test data (OBALEX_TEST_DATA)' }
  const child = startComputeChild()
  const client = connect(computeContract, child.link)
  try {
    const { handle, info } = await client['classifier.load']({ path: model, card: {}, runtime: 'auto' })
    const { input } = await readPhotoInput(photo, info.card)
    const rows: Row[] = []
    for (const { what, method, options, nPhotos = 1 } of cases) {
      const request = { handle, image: input.data, classIndex: 254, method, variant: 'standard', options } as const
      let least = Infinity
      for (let round = 0; round <= nRounds; round++) {
        const start = performance.now()
        for (let i = 0; i < nPhotos; i++) {
          // another photo each time: what is remembered of the last one must not help
          input.data[0] = (round + i) % 256
          await client['classifier.explain'](request)
        }
        if (round > 0) least = Math.min(least, performance.now() - start)
      }
      rows.push({ what, value: least, unit: 'ms' })
    }
    return { name, rows }
  } finally {
    child.kill()
    await child.exited
  }
}

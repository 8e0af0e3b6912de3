import { describe, expect, it } from 'vitest'
import { logitsInBatches, type Classifier } from '#main/tensor/classifier.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { naiveClassifier } from '../explainers/small-classifier.ts'

/** Batches of three, and what was asked of it. */
function watchedClassifier(): { classifier: Classifier; batches: number[] } {
  const batches: number[] = []
  const inner = naiveClassifier(selfTestGraph, 'depthwise')
  const classifier: Classifier = {
    ...inner,
    logits: (inputs, n) => {
      expect(inputs).toHaveLength(n * selfTestInput.length)
      batches.push(n)
      return inner.logits(inputs, n)
    },
  }
  return { classifier, batches }
}

const fill = (index: number, target: Float32Array): void => {
  target.set(selfTestInput.map((value) => value * (index + 1)))
}
const never = new AbortController().signal

describe('scores of many inputs', () => {
  it.each([
    [7, [3, 3, 1]],
    [3, [3]],
    [2, [2]],
    [0, []],
  ])('of %i inputs are computed in batches and put in order', async (n, expected) => {
    const { classifier, batches } = watchedClassifier()
    const done: number[] = []
    const all = await logitsInBatches(classifier, n, fill, { signal: never, onProgress: (count) => done.push(count) })
    expect(batches).toEqual(expected)
    expect(done).toEqual(expected.map((_, i) => Math.min(3 * (i + 1), n)))
    for (let i = 0; i < n; i++) {
      const own = await classifier.logits(
        selfTestInput.map((value) => value * (i + 1)),
        1,
      )
      expect(all.subarray(4 * i, 4 * i + 4)).toEqual(own)
    }
  })

  it('stop between two batches when they are cancelled by a message', async () => {
    const { classifier, batches } = watchedClassifier()
    const controller = new AbortController()
    const cancelled = logitsInBatches(classifier, 9, fill, {
      signal: controller.signal,
      // arrives like a message from another process: as an event, after the batch
      onProgress: (done) => done === 3 && setImmediate(() => controller.abort()),
    })
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' })
    expect(batches.length).toBeLessThan(3)
  })
})

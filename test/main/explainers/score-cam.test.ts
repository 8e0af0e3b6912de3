import { describe, expect, it } from 'vitest'
import { resizeBilinear } from '#common/explanation/bilinear.ts'
import { encodeNative, type GridMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import type { ExplainRequest } from '#main/explainers/explainer.ts'
import { explainerById, requireVariant } from '#main/explainers/registry.ts'
import { scoreCam } from '#main/explainers/score-cam.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { naiveClassifier } from './small-classifier.ts'

const side = 8
const classifier = naiveClassifier(selfTestGraph, 'depthwise')

type Request = ExplainRequest<ReturnType<typeof scoreCam.options.parse>>

async function explain(options: Record<string, unknown> = {}, more: Partial<Request> = {}): Promise<GridMap> {
  const map = await scoreCam.explain({
    classifier,
    input: selfTestInput,
    photo: new Uint8Array(selfTestInput.length),
    classIndex: 1,
    against: null,
    variant: 'standard',
    options: scoreCam.options.parse(options),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  })
  return map as GridMap
}

/** A classifier whose layer has these values, [2, 2, channels], and whose logits are another one's. */
function withActivation(values: readonly number[], more: Partial<Classifier> = {}): Classifier {
  const activation = Float32Array.from(values)
  const layer = {
    height: 2,
    width: 2,
    channels: values.length / 4,
    activation,
    gradient: new Float32Array(values.length),
  }
  return { ...classifier, layerGradients: () => Promise.resolve(layer), ...more }
}

describe('Score-CAM', () => {
  it('weights every channel by the softmax of the logits behind it, as nested loops give it', async () => {
    const { activation, channels, height, width } = await classifier.layerGradients(selfTestInput, [1], 'logit')
    const scores = new Map<number, number>()
    for (let c = 0; c < channels; c++) {
      const data = activation.filter((_, i) => i % channels === c)
      const mask = resizeBilinear({ height, width, data }, side, side).data
      const [min, max] = [Math.min(...mask), Math.max(...mask)]
      if (max === min) continue
      const hidden = selfTestInput.map((value, i) => (value * (mask[Math.floor(i / 3)]! - min)) / (max - min))
      scores.set(c, (await classifier.logits(hidden, 1))[1]!)
    }
    expect(scores.size).toBeGreaterThan(1)
    const sum = [...scores.values()].reduce((total, score) => total + Math.exp(score), 0)
    const native = await explain()
    native.values.forEach((value, cell) => {
      const expected = [...scores].reduce(
        (total, [c, score]) => total + (Math.exp(score) / sum) * activation[cell * channels + c]!,
        0,
      )
      expect(value).toBeCloseTo(expected, 5)
    })
    expect(native.steps.map(({ op }) => op)).toEqual(['relu', 'bilinear', 'divide-by-max'])
    expect(Math.max(...renderMap(native, { width: side, height: side }).data)).toBe(1)
  })

  it('leaves out channels that are the same everywhere', async () => {
    const one = await explain({}, { classifier: withActivation([1, 2, 3, 4]) })
    const two = await explain({}, { classifier: withActivation([1, 5, 2, 5, 3, 5, 4, 5]) })
    expect(two.values).toEqual(one.values)
    expect([...one.values]).toEqual([1, 2, 3, 4])
  })

  it('tries only those channels that vary most, where asked to', async () => {
    // of two channels the second varies more
    const both = withActivation([1, 0, 1.5, 9, 1, 3, 1, 0])
    const native = await explain({ channels: 1 }, { classifier: both })
    expect([...native.values]).toEqual([0, 9, 3, 0])
    let nTried = 0
    const counting = { ...both, logits: (inputs: Float32Array, n: number) => ((nTried += n), both.logits(inputs, n)) }
    await explain({}, { classifier: counting })
    expect(nTried).toBe(2)
  })

  it('says that a map is flat where no channel varies, and that nothing speaks for the class where no cell is above 0', async () => {
    const flat = await explain({}, { classifier: withActivation([1, 2, 1, 2, 1, 2, 1, 2]) })
    expect([flat.note, ...flat.values]).toEqual(['flat', 0, 0, 0, 0])
    const negative = await explain({}, { classifier: withActivation([-1, -2, -3, -4]) })
    expect(negative.note).toBe('no-positive-evidence')
  })

  it('explains the difference of two classes', async () => {
    const against = await explain({}, { against: 0 })
    expect(against.values).not.toEqual((await explain()).values)
    expect(against.values.every(Number.isFinite)).toBe(true)
  })

  it('fails in one line where the model gives no number', async () => {
    const logits = (_: Float32Array, n: number): Promise<Float32Array> =>
      Promise.resolve(new Float32Array(n * classifier.info.nClasses).fill(NaN))
    const broken = async (): Promise<unknown> =>
      encodeNative(await explain({}, { classifier: { ...classifier, logits } }))
    await expect(broken()).rejects.toMatchObject({ code: expect.stringMatching(/not-finite/) as string })
  })

  it('reports its progress and stops when it is cancelled', async () => {
    const shares: number[] = []
    await explain({}, { onProgress: (share) => shares.push(share) })
    expect(shares.at(-1)).toBe(1)
    const controller = new AbortController()
    const stopped = explain({}, { signal: controller.signal, onProgress: () => controller.abort() })
    await expect(stopped).rejects.toThrow(/abort/)
  })

  it.each(['rise', 'scorecam'])('has no variant that the ObAlEx authors ran, and neither has RISE: %s', (method) => {
    const refused = expect.objectContaining({ code: 'explainer.options' }) as Error
    expect(() => requireVariant(explainerById(method), 'paper')).toThrow(refused)
    expect(() => requireVariant(explainerById(method), 'standard')).not.toThrow()
    expect(() => requireVariant(explainerById('gradcam++'), 'paper')).not.toThrow()
  })
})

import { describe, expect, it } from 'vitest'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import { LoadedClassifier } from '#main/classifiers/loaded-classifier.ts'
import { gradCamPlusPlus } from '#main/explainers/grad-cam-plus-plus.ts'
import { gradCam } from '#main/explainers/grad-cam.ts'
import type { GradientNetwork, Runtime } from '#main/tensor/runtime.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { naiveClassifier } from '../explainers/small-classifier.ts'
import { fakeRuntime } from '../tensor/fake-runtime.ts'

const naive = naiveClassifier(selfTestGraph, 'depthwise')
const size = { n: selfTestInput.length }

/** A classifier over nested loops that counts how often it was differentiated. */
async function countingClassifier(fails = 0): Promise<{ classifier: LoadedClassifier; runs: string[] }> {
  const runs: string[] = []
  const network: GradientNetwork = {
    run: async (input, classes, of) => {
      runs.push(`${classes.join()} ${of}`)
      if (runs.length <= fails) throw new Error('no memory')
      const { activation, gradient } = await naive.layerGradients(input, classes, of)
      return { activation, gradient }
    },
    dispose: () => Promise.resolve(),
  }
  const runtime: Runtime = { ...fakeRuntime('onnx'), loadGradient: () => Promise.resolve(network) }
  const info: ClassifierInfo = naive.info
  const parts = { info, graph: selfTestGraph, network: await runtime.load(selfTestGraph, new Map()), runtime }
  const differentiable = {
    graph: selfTestGraph,
    runtimes: [runtime],
    enter: (inputs: Float32Array) => Promise.resolve(inputs),
  }
  const classifier = new LoadedClassifier({ ...parts, differentiable, asItIs: null, ownedSource: null })
  return { classifier, runs }
}

function explaining(classifier: LoadedClassifier, input: Float32Array) {
  return {
    ...{ classifier, input, photo: new Uint8Array(size.n), classIndex: 1, against: null, options: {} },
    signal: new AbortController().signal,
    onProgress: () => undefined,
  }
}

describe('gradients of one photo', () => {
  it('are computed once for Grad-CAM and Grad-CAM++, and told as the time of both', async () => {
    const { classifier, runs } = await countingClassifier()
    const request = { ...explaining(classifier, selfTestInput), variant: 'standard' as const }
    const alone = await gradCamPlusPlus.explain({ ...request, classifier: naive })
    await gradCam.explain(request)
    expect([runs, classifier.savedSeconds]).toEqual([['1 logit'], 0])
    expect(await gradCamPlusPlus.explain(request)).toEqual(alone)
    expect(runs).toEqual(['1 logit'])
    expect(classifier.savedSeconds).toBeGreaterThan(0)
  })

  it('are computed anew for another class, kind of score or photo', async () => {
    const { classifier, runs } = await countingClassifier()
    const request = { ...explaining(classifier, selfTestInput), variant: 'standard' as const }
    await gradCam.explain(request)
    await gradCam.explain({ ...request, variant: 'paper' })
    await gradCam.explain({ ...request, against: 2 })
    await gradCam.explain({ ...request, input: selfTestInput.slice() })
    expect(runs).toEqual(['1 logit', '1 probability', '2 logit', '1 logit'])
  })

  it('that could not be computed are tried again', async () => {
    const { classifier, runs } = await countingClassifier(1)
    const request = { ...explaining(classifier, selfTestInput), variant: 'standard' as const }
    await expect(gradCam.explain(request)).rejects.toThrow('no memory')
    const { values } = await gradCam.explain(request)
    expect(runs).toHaveLength(2)
    expect(values.some((value) => value !== 0)).toBe(true)
  })
})

import { describe, expect, it, onTestFinished } from 'vitest'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { LoadedClassifier } from '#main/classifiers/loaded-classifier.ts'
import { gradCamPlusPlus } from '#main/explainers/grad-cam-plus-plus.ts'
import { gradCam } from '#main/explainers/grad-cam.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { GradientNetwork, Network, Runtime } from '#main/tensor/runtime.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { naiveClassifier } from '../explainers/small-classifier.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { fakeRuntime } from '../tensor/fake-runtime.ts'
import { seededValues } from '../tensor/layer-models.ts'

const naive = naiveClassifier(selfTestGraph, 'depthwise')
const size = { n: selfTestInput.length }

/** A classifier on ONNX Runtime, and what its networks were run for. */
async function watchedClassifier(): Promise<{ classifier: Classifier; runs: string[] }> {
  const runs: string[] = []
  const runtime: Runtime = {
    ...onnxRuntime,
    load: async (graph, outputs) => {
      const network = await onnxRuntime.load(graph, outputs)
      const run: Network['run'] = (input, n, wanted) => {
        runs.push(`forward: ${wanted.join()}`)
        return network.run(input, n, wanted)
      }
      return { run, dispose: () => network.dispose() }
    },
    loadGradient: async (graph, layer) => {
      const network = await onnxRuntime.loadGradient(graph, layer)
      const run: GradientNetwork['run'] = (input, classes, of) => {
        runs.push(`gradient: ${graph.nodes[graph.input]!.name} to ${graph.nodes[layer]!.name}`)
        return network.run(input, classes, of)
      }
      return { run, dispose: () => network.dispose() }
    },
  }
  await runtime.start()
  const path = await writeSmallModel(temporaryFolder())
  const classifier = await loadClassifier(path, { card: {}, runtime: 'auto' }, () => Promise.resolve([runtime]))
  onTestFinished(() => classifier.dispose())
  runs.length = 0 // of the check
  return { classifier, runs }
}

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
  const differentiables = [{ graph: selfTestGraph, runtimes: [runtime], startsFrom: 'photo' as const }]
  const classifier = new LoadedClassifier({ ...parts, differentiables, asItIs: null, ownedSource: null })
  return { classifier, runs }
}

function explaining(classifier: Classifier, input: Float32Array) {
  return {
    ...{ classifier, input, photo: new Uint8Array(size.n), classIndex: 1, against: null, options: {} },
    signal: new AbortController().signal,
    onProgress: () => undefined,
  }
}

describe('the clean pass of one photo', () => {
  const photo = seededValues(32 * 32 * 3, 2)

  it('is computed once for its prediction and its gradients', async () => {
    const { classifier, runs } = await watchedClassifier()
    const logits = await classifier.cleanLogits(photo)
    expect(logits).toEqual(await classifier.logits(photo.slice(), 1))
    await gradCam.explain({ ...explaining(classifier, photo), variant: 'standard' })
    await gradCamPlusPlus.explain({ ...explaining(classifier, photo), variant: 'standard' })
    expect(await classifier.cleanLogits(photo)).toBe(logits)
    expect(runs).toEqual(['forward: logits,features', 'forward: logits', 'gradient: features_relu to features_relu'])
  })

  it('counts for each of them, as if it were alone', async () => {
    const { classifier } = await watchedClassifier()
    const start = performance.now()
    await classifier.cleanLogits(photo)
    const elapsed = (performance.now() - start) / 1000
    expect(classifier.savedSeconds).toBe(0)
    await classifier.layerGradients(photo, [1], 'logit')
    const ofPass = classifier.savedSeconds!
    expect(ofPass).toBeGreaterThan(0)
    expect(ofPass).toBeLessThanOrEqual(elapsed)
    // remembered as a whole: the pass, and what followed it
    await classifier.layerGradients(photo, [1], 'logit')
    expect(classifier.savedSeconds! - ofPass).toBeGreaterThan(ofPass)
  })

  it('is not what gradients at an earlier layer start from', async () => {
    const { classifier, runs } = await watchedClassifier()
    await classifier.layerGradients(photo, [1], 'logit', 'depthwise_relu')
    expect(runs).toEqual([expect.stringMatching(/^gradient: .* to depthwise_relu$/)])
    expect(runs[0]).not.toContain('features_relu')
  })
})

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

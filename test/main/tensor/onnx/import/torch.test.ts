import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { foldGraph } from '#main/tensor/fold.ts'
import { nodeIndex, scoreHead } from '#main/tensor/graph.ts'
import { importGraph, type ImportedGraph } from '#main/tensor/onnx/import/import-graph.ts'
import { networkEnds } from '#main/tensor/onnx/import/network-ends.ts'
import { openOnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import { relativeDifference } from '../../layer-models.ts'
import { describeOnRuntimes } from '../../each-runtime.ts'

const fixtures = new URL('../../../../fixtures/onnx/', import.meta.url)

interface Expected {
  readonly logits: readonly number[]
  /** every seventh value of the layer for two photos, and the gradients there of classes 0 and 1 */
  readonly activation: readonly number[]
  readonly gradient: readonly number[]
}
const expected = JSON.parse(readFileSync(new URL('torch.json', fixtures), 'utf8')) as Record<string, Expected>

const side = 12
/** As in make_torch.py. */
const photos = Float32Array.from({ length: 2 * side * side * 3 }, (_, at) => {
  const [photo, i] = [Math.floor(at / (side * side * 3)), at % (side * side * 3)]
  return Math.sin((i + 1000 * photo) * 0.37) * Math.cos(i * 0.011)
})

async function importFixture(name: string): Promise<ImportedGraph> {
  const file = await openOnnxFile(fileURLToPath(new URL(`${name}.onnx`, fixtures)))
  onTestFinished(() => file.close())
  return importGraph(file, networkEnds(file.model), [side, side])
}

const cases = [
  ['residual', '/Relu'],
  ['residual-log-softmax', '/inner/Relu'],
  ['mobile', '/stem/stem.1/HardSwish'],
  ['flattened', '/MaxPool'],
  ['flattened-sigmoid', '/inner/MaxPool'],
  ['fire-softmax', '/inner/Concat'],
] as const

describeOnRuntimes('networks that PyTorch exported', (runtime) => {
  it.each(cases)('have PyTorch’s scores and gradients: %s', async (name, layer) => {
    await runtime.start()
    const { graph } = await importFixture(name)
    const { logits, activation, gradient } = expected[name]!
    const at = nodeIndex(graph, layer)
    const scores = scoreHead(graph).logits

    const network = await runtime.load(foldGraph(graph, new Set([scores])), new Map([['logits', scores]]))
    try {
      const found = (await network.run(photos, 2, ['logits'])).get('logits')!
      expect(relativeDifference(found, logits)).toBeLessThan(1e-5)
    } finally {
      await network.dispose()
    }

    const differentiated = await runtime.loadGradient(foldGraph(graph, new Set([at])), at)
    try {
      const found = await differentiated.run(photos, [0, 1], 'logit')
      const some = (values: Float32Array): Float32Array => values.filter((_, i) => i % 7 === 0)
      expect(relativeDifference(some(found.activation), activation)).toBeLessThan(1e-5)
      expect(relativeDifference(some(found.gradient), gradient)).toBeLessThan(1e-5)
    } finally {
      await differentiated.dispose()
    }
  })
})

describe('the last activation of a network that PyTorch exported', () => {
  it.each([
    ['residual', 'linear', false],
    ['fire-softmax', 'softmax', false],
    ['flattened-sigmoid', 'sigmoid', false],
    ['residual-log-softmax', 'softmax', true],
  ] as const)('is found: %s', async (name, activation, isLogarithm) => {
    const imported = await importFixture(name)
    expect(scoreHead(imported.graph).activation).toBe(activation)
    expect(imported.isLogarithm).toBe(isLogarithm)
  })
})

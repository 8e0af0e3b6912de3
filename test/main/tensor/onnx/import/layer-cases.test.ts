import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { foldGraph } from '#main/tensor/fold.ts'
import { sizeOf, type Graph, type GraphNode } from '#main/tensor/graph.ts'
import { compileOnnx } from '#main/tensor/onnx/compile.ts'
import { importGraph } from '#main/tensor/onnx/import/import-graph.ts'
import { networkEnds } from '#main/tensor/onnx/import/network-ends.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { openOnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import { temporaryFolder } from '../../../../builders/temporary-folder.ts'
import { layerCases } from '../../layer-cases.ts'
import { readCase, relativeDifference, seededValues } from '../../layer-models.ts'
import { runNaively } from '../../naive-graph.ts'

const cases = layerCases.filter(({ operations }) => !operations.includes('opaque'))

/** With all values of the output in a row: only such a network is a classifier. */
function flattened(graph: Graph): Graph {
  const shape = [sizeOf(graph.nodes[graph.output]!.shape)]
  const flatten: GraphNode = { op: 'flatten', name: 'scores', inputs: [graph.output], shape }
  return { ...graph, nodes: [...graph.nodes, flatten], output: graph.nodes.length }
}

/** Compiles a graph to an ONNX file and reads that back into a graph. */
async function thereAndBack(graph: Graph): Promise<Graph> {
  const path = join(temporaryFolder(), 'case.onnx')
  writeFileSync(path, compileOnnx(graph, new Map([['scores', graph.output]])))
  const file = await openOnnxFile(path)
  onTestFinished(() => file.close())
  const [height, width] = graph.nodes[graph.input]!.shape as [number, number]
  const { graph: imported } = importGraph(file, networkEnds(file.model), [height, width])
  return imported
}

async function gradientAtInput(graph: Graph, input: Float32Array, classIndex: number): Promise<Float32Array> {
  const network = await onnxRuntime.loadGradient(graph, graph.input)
  try {
    return (await network.run(input, [classIndex], 'logit')).gradient
  } finally {
    await network.dispose()
  }
}

describe('a compiled graph that is imported again', () => {
  it.each(cases)('has the same scores and gradients: $name', async (layerCase) => {
    const graph = flattened((await readCase(layerCase)).graph)
    for (const variant of [graph, foldGraph(graph, new Set())]) {
      const imported = await thereAndBack(variant)
      const input = seededValues(sizeOf(graph.nodes[graph.input]!.shape), 4)
      const [found, expected] = [imported, variant].map(
        (each) => runNaively(each, Float64Array.from(input))[each.output]!,
      )
      expect(relativeDifference(found!, expected!)).toBeLessThan(1e-6)

      const classIndex = expected!.length - 1
      const [foundGradient, expectedGradient] = [
        await gradientAtInput(imported, input, classIndex),
        await gradientAtInput(variant, input, classIndex),
      ]
      expect(relativeDifference(foundGradient, expectedGradient)).toBeLessThan(1e-5)
    }
  })
})

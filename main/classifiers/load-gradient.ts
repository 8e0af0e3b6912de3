import { AppError } from '#common/contract/errors.ts'
import { foldGraph } from '#main/tensor/fold.ts'
import { weightBytesOf, type Graph } from '#main/tensor/graph.ts'
import type { GradientNetwork, Runtime } from '#main/tensor/runtime.ts'
import { checkInput, checkTolerance, relativeDifference } from './compare-outputs.ts'

/** Models with more weights than this are not loaded a second time for a check; the known ones have golden tests. */
const mostWeightsChecked = 1 << 26

/**
 * Makes a network ready to be differentiated at a layer, on the first of the runtimes that can. Where that is not one
 * that runs the model's own framework, its gradient is compared once with such a one's.
 * @param layer index of the node
 * @param runtimes best first
 * @throws AppError 'runtime.unavailable' with the reasons
 */
export async function loadGradient(
  graph: Graph,
  layer: number,
  runtimes: readonly Runtime[],
): Promise<GradientNetwork> {
  const folded = foldGraph(graph, new Set([layer]))
  const reasons: string[] = []
  for (const runtime of runtimes) {
    let network: GradientNetwork | undefined
    try {
      network = await runtime.loadGradient(folded, layer)
      const reference = runtimes.find((other) => other !== runtime && other.runsEveryLayer)
      const isChecked = !runtime.runsEveryLayer && weightBytesOf(graph) <= mostWeightsChecked
      const difference = isChecked && reference ? await differenceFrom(reference, network, { graph, layer }) : 0
      if (difference <= checkTolerance) return network
      reasons.push(`${runtime.label}: its gradient differs from TensorFlow.js by ${difference.toExponential(1)}`)
    } catch (error) {
      reasons.push(`${runtime.label}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`)
    }
    await network?.dispose()
  }
  const name = graph.nodes[layer]!.name
  throw new AppError('runtime.unavailable', `no runtime here computes gradients at the layer “${name}”`, {
    hint: `Choose a layer nearer to the output, or explain by occlusion. ${reasons.join('; ')}`,
  })
}

/** 0 where the other runtime cannot compute it: it is no judge then. */
async function differenceFrom(
  reference: Runtime,
  network: GradientNetwork,
  { graph, layer }: { readonly graph: Graph; readonly layer: number },
): Promise<number> {
  const input = checkInput(graph.nodes[graph.input]!.shape)
  const found = await network.run(input, [0], 'logit')
  let judge: GradientNetwork | undefined
  try {
    judge = await reference.loadGradient(graph, layer)
    const expected = await judge.run(input, [0], 'logit')
    return relativeDifference(found.gradient, expected.gradient)
  } catch (error) {
    if (error instanceof AppError && error.code === 'runtime.unavailable') return 0
    throw error
  } finally {
    await judge?.dispose()
  }
}

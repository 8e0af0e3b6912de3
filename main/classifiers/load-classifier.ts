import { AppError } from '#common/contract/errors.ts'
import type {
  ArchitectureRequest,
  CardOptions,
  ClassifierInfo,
  ModelCard,
  RuntimePreference,
} from '#common/contract/procedures/models.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { foldGraph } from '#main/tensor/fold.ts'
import { nodeIndex, scoreHead, type Graph } from '#main/tensor/graph.ts'
import { randomiseGraph, type Randomisation } from '#main/tensor/randomise.ts'
import type { Network, Runtime } from '#main/tensor/runtime.ts'
import { checkInput, checkTolerance, probabilitiesOf, relativeDifference } from './compare-outputs.ts'
import type { AsItIs, ModelSource } from './format.ts'
import { LoadedClassifier, logitsOutput, withoutGradients, type Differentiable } from './loaded-classifier.ts'
import { completeCard } from './model-card.ts'
import { classifierFormatOf } from './registry.ts'

export interface LoadOptions {
  readonly card: CardOptions
  readonly runtime: RuntimePreference
  readonly architecture?: ArchitectureRequest | undefined
  /** loads the same network with random weights, which nothing can be checked with */
  readonly randomised?: Randomisation | undefined
}

/**
 * Reads a classifier, completes its card, compiles it for the chosen runtimes and checks the result once against the
 * framework that defines the model.
 * @throws AppError 'model.*', 'runtime.unavailable'; 'model.not-randomised' where the weights cannot be replaced
 */
export async function loadClassifier(
  path: string,
  options: LoadOptions,
  choose: (preference: RuntimePreference) => Promise<readonly Runtime[]>,
): Promise<Classifier> {
  const source = await classifierFormatOf(path, options.architecture).read(path)
  let isOwned = false
  try {
    const card = await completeCard(path, options.card, source.facts)
    const inputShape = [card.height, card.width, 3]
    const { asItIs } = source
    const graph = withWeights(source.graph(inputShape), { card, asItIs, randomised: options.randomised })
    if (card.layer !== null && !asItIs) nodeIndex(graph, card.layer)
    const runtimes = await choose(options.runtime)
    const notes: string[] = []
    const { network, runtime } = asItIs
      ? runAsItIs(asItIs, card, runtimes)
      : await loadChecked(options.randomised ? null : source, graph, card, runtimes, notes)
    const hasOpaque = graph.nodes.some((node) => node.op === 'opaque')
    // opaque layers run inside the model that was read
    isOwned = hasOpaque || source.isReadLater === true
    const differentiable: Differentiable | null = asItIs
      ? await differentiableTail(source, asItIs, card, runtimes, notes)
      : {
          graph,
          runtimes: runtimes.filter(({ runsEveryLayer }) => runsEveryLayer || !hasOpaque),
          enter: (inputs) => Promise.resolve(inputs),
        }
    const info: ClassifierInfo = {
      card,
      sha256: source.sha256,
      nClasses: source.facts.nClasses,
      predictionRuntime: runtime.id,
      gradientRuntime: (differentiable?.runtimes[0] ?? runtime).id,
      notes,
    }
    return new LoadedClassifier({
      info,
      graph,
      network,
      runtime,
      differentiable,
      asItIs: asItIs ?? null,
      ownedSource: isOwned ? source : null,
    })
  } finally {
    if (!isOwned) source.dispose()
  }
}

/** The graph with the weights that are wanted: its own, or random ones. */
function withWeights(
  graph: Graph,
  {
    card,
    asItIs,
    randomised,
  }: { card: ModelCard; asItIs?: AsItIs | undefined; randomised?: Randomisation | undefined },
): Graph {
  if (!randomised) return graph
  const opaque = graph.nodes.find((node) => node.op === 'opaque')
  if (!opaque) return randomiseGraph(graph, randomised)
  const obstacle = asItIs?.obstacle ?? `the layer “${opaque.name}” runs as it is`
  throw new AppError('model.not-randomised', `the weights of ${card.name} cannot be replaced: ${obstacle}`)
}

async function loadNetwork(runtime: Runtime, graph: Graph): Promise<Network> {
  const outputs = new Map([[logitsOutput, scoreHead(graph).logits]])
  return runtime.load(foldGraph(graph, new Set(outputs.values())), outputs)
}

/** @throws AppError 'runtime.unavailable' where ONNX Runtime is not among those that may be used */
function runAsItIs(
  asItIs: AsItIs,
  card: ModelCard,
  runtimes: readonly Runtime[],
): { network: Network; runtime: Runtime } {
  const runtime = runtimes.find(({ id }) => id === 'onnx')
  if (!runtime) {
    throw new AppError('runtime.unavailable', `${card.name} runs on ONNX Runtime only: ${asItIs.obstacle}`, {
      hint: 'Choose the runtime onnx or auto.',
    })
  }
  return { network: asItIs.network([card.height, card.width, 3]), runtime }
}

/** The end of a network that runs as it is, if it has one that computes what the file does; says which in a note. */
async function differentiableTail(
  source: ModelSource,
  { tail, obstacle }: AsItIs,
  card: ModelCard,
  runtimes: readonly Runtime[],
  notes: string[],
): Promise<Differentiable | null> {
  const inputShape = [card.height, card.width, 3]
  const without = (why: string): null => {
    notes.push(`It runs as it is, without gradients (${why}): ${withoutGradients}`)
    return null
  }
  if (tail === null) return without(obstacle)
  const graph = await tail.graph(inputShape)
  const enter = (inputs: Float32Array, n = 1): Promise<Float32Array> => tail.enter(inputs, n, inputShape)
  try {
    const { network } = await loadChecked(source, graph, card, runtimes, [], enter)
    await network.dispose()
  } catch (error) {
    return without(`${obstacle}; ${firstLine(error)}`)
  }
  const first = graph.nodes[graph.input]!.name
  if (card.layer !== null && !graph.nodes.some(({ name }) => name === card.layer)) {
    throw new AppError('model.layer-missing', `gradients of ${card.name} do not reach “${card.layer}”: ${obstacle}`, {
      hint: `Choose a layer from “${first}” on, such as “${source.facts.lastSpatialLayer ?? first}”.`,
    })
  }
  notes.push(`It runs as it is (${obstacle}); gradients reach back to its layer “${first}”`)
  return { graph, runtimes, enter }
}

/**
 * The first of the runtimes whose network agrees with the model's own framework.
 * @param source null: the first that runs it
 * @param enter what runs before the graph
 */
async function loadChecked(
  source: Pick<ModelSource, 'reference' | 'referenceName'> | null,
  graph: Graph,
  card: ModelCard,
  runtimes: readonly Runtime[],
  notes: string[],
  enter = (inputs: Float32Array): Promise<Float32Array> => Promise.resolve(inputs),
): Promise<{ network: Network; runtime: Runtime }> {
  const inputShape = [card.height, card.width, 3]
  const photo = checkInput(inputShape)
  const expected = (await source?.reference(photo, inputShape)) ?? null
  const input = await enter(photo)
  for (const runtime of runtimes) {
    let network: Network | undefined
    try {
      network = await loadNetwork(runtime, graph)
      const logits = (await network.run(input, 1, [logitsOutput])).get(logitsOutput)!
      const difference = expected === null ? 0 : relativeDifference(probabilitiesOf(graph, logits), expected)
      if (difference <= checkTolerance) return { network, runtime }
      notes.push(
        `${runtime.label} is not used: its result differs from ${source!.referenceName} by ${difference.toExponential(1)}`,
      )
    } catch (error) {
      // whatever keeps one runtime from a model, another may compute it; the user is told
      notes.push(`${runtime.label} is not used: ${firstLine(error)}`)
    }
    await network?.dispose()
  }
  throw new AppError(
    'model.check-failed',
    `no runtime computes ${card.name} as ${source?.referenceName ?? 'its graph'} does`,
    {
      hint: notes.join('; '),
    },
  )
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
}

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
import { tailGraph } from '#main/tensor/tail-graph.ts'
import { checkInput, checkTolerance, probabilitiesOf, relativeDifference } from './compare-outputs.ts'
import { outputNames, type AsItIs, type ModelSource } from './format.ts'
import { LoadedClassifier, withoutGradients, type Differentiable } from './loaded-classifier.ts'
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
    const features = card.layer !== null && !asItIs ? nodeIndex(graph, card.layer) : null
    const tail = features === null ? null : tailGraph(graph, features)
    const runtimes = await choose(options.runtime)
    const notes: string[] = []
    const { network, runtime } = asItIs
      ? runAsItIs(asItIs, card, runtimes)
      : await loadChecked({
          ...{ source: options.randomised ? null : source, graph, card, runtimes, notes },
          features: tail && features,
        })
    // opaque layers run inside the model that was read
    isOwned = hasOpaque(graph) || source.isReadLater === true
    const differentiables = asItIs
      ? await differentiableTail(source, asItIs, { card, runtimes, network, notes })
      : [...(tail ? [differentiable(tail, runtimes, 'features')] : []), differentiable(graph, runtimes, 'photo')]
    const info: ClassifierInfo = {
      card,
      sha256: source.sha256,
      nClasses: source.facts.nClasses,
      predictionRuntime: runtime.id,
      gradientRuntime: (differentiables[0]?.runtimes[0] ?? runtime).id,
      notes,
    }
    return new LoadedClassifier({
      info,
      graph,
      network,
      runtime,
      differentiables,
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

function hasOpaque({ nodes }: Graph): boolean {
  return nodes.some((node) => node.op === 'opaque')
}

function differentiable(
  graph: Graph,
  runtimes: readonly Runtime[],
  startsFrom: Differentiable['startsFrom'],
): Differentiable {
  return { graph, runtimes: runtimes.filter(({ runsEveryLayer }) => runsEveryLayer || !hasOpaque(graph)), startsFrom }
}

/** @param features index of the node whose value is given out, too; null: none is */
async function loadNetwork(runtime: Runtime, graph: Graph, features: number | null): Promise<Network> {
  const outputs = new Map<string, number>([[outputNames.logits, scoreHead(graph).logits]])
  if (features !== null) outputs.set(outputNames.features, features)
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
  {
    card,
    runtimes,
    network,
    notes,
  }: { card: ModelCard; runtimes: readonly Runtime[]; network: Network; notes: string[] },
): Promise<readonly Differentiable[]> {
  const without = (why: string): [] => {
    notes.push(`It runs as it is, without gradients (${why}): ${withoutGradients}`)
    return []
  }
  if (tail === null) return without(obstacle)
  const { features } = outputNames
  const graph = await tail([card.height, card.width, 3])
  const enter = async (photo: Float32Array): Promise<Float32Array> =>
    (await network.run(photo, 1, [features])).get(features)!
  try {
    const ofTail = await loadChecked({ source, graph, card, runtimes, notes: [], enter })
    await ofTail.network.dispose()
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
  return [{ graph, runtimes, startsFrom: 'features' }]
}

interface Loading {
  /** null: nothing to compare with */
  readonly source: Pick<ModelSource, 'reference' | 'referenceName'> | null
  readonly graph: Graph
  readonly card: ModelCard
  /** best first */
  readonly runtimes: readonly Runtime[]
  /** index of the node whose value is given out, too */
  readonly features?: number | null
  /** why a runtime is not used is added */
  readonly notes: string[]
  /** what runs before the graph */
  readonly enter?: (photo: Float32Array) => Promise<Float32Array>
}

/** The first of the runtimes whose network agrees with the model's own framework. */
async function loadChecked({
  source,
  graph,
  card,
  runtimes,
  features = null,
  notes,
  enter = (photo) => Promise.resolve(photo),
}: Loading): Promise<{ network: Network; runtime: Runtime }> {
  const inputShape = [card.height, card.width, 3]
  const photo = checkInput(inputShape)
  const expected = (await source?.reference(photo, inputShape)) ?? null
  const input = await enter(photo)
  for (const runtime of runtimes) {
    let network: Network | undefined
    try {
      network = await loadNetwork(runtime, graph, features)
      const logits = (await network.run(input, 1, [outputNames.logits])).get(outputNames.logits)!
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

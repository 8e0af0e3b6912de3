import { setTimeout as delay } from 'node:timers/promises'
import type { RuntimeId } from '#common/contract/procedures/models.ts'
import { sizeOf, type Graph } from '#main/tensor/graph.ts'
import type { Network, Runtime } from '#main/tensor/runtime.ts'
import { selfTestExpected } from '#main/tensor/self-test.ts'
import { runNaively } from './naive-graph.ts'

export interface FakeOptions {
  /** what a run of the speed measurement takes */
  readonly milliseconds?: number
  /** it runs opaque layers */
  readonly runsEveryLayer?: boolean
  readonly start?: () => Promise<void>
  /** what becomes of every value it computes */
  readonly distort?: (value: number) => number
  readonly load?: Runtime['load']
}

/** Nested loops in the guise of a runtime, as fast and as right as it is told to be. */
export function fakeRuntime(id: RuntimeId, options: FakeOptions = {}): Runtime {
  const { milliseconds = 1, runsEveryLayer = false, distort = (value: number) => value } = options
  return {
    id,
    label: `fake ${id}`,
    start: options.start ?? (() => Promise.resolve()),
    load:
      options.load ?? ((graph, outputs) => Promise.resolve(naiveNetwork(graph, outputs, { milliseconds, distort }))),
    runsEveryLayer,
    loadGradient: () =>
      Promise.resolve({
        run: () =>
          Promise.resolve({
            activation: new Float32Array(),
            gradient: Float32Array.from(selfTestExpected.gradient.map(distort)),
          }),
        dispose: () => Promise.resolve(),
      }),
  }
}

/** The probe's speed measurement would take nested loops minutes: its network just takes its time. */
const tooLarge = 50_000

function naiveNetwork(
  graph: Graph,
  outputs: ReadonlyMap<string, number>,
  { milliseconds, distort }: { milliseconds: number; distort: (value: number) => number },
): Network {
  return {
    run: async (input, _, wanted) => {
      if (input.length > tooLarge) {
        await delay(milliseconds)
        return new Map(wanted.map((name) => [name, new Float32Array(sizeOf(graph.nodes[graph.output]!.shape))]))
      }
      const values = runNaively(graph, Float64Array.from(input))
      return new Map(wanted.map((name) => [name, Float32Array.from(values[outputs.get(name)!]!, distort)]))
    },
    dispose: () => Promise.resolve(),
  }
}

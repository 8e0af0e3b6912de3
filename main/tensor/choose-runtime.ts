import { AppError } from '#common/contract/errors.ts'
import type { RuntimePreference, RuntimeReport } from '#common/contract/procedures/models.ts'
import { probeRuntime, runtimes } from './probe.ts'
import type { GradientNetwork, Runtime } from './runtime.ts'
import type { Graph } from './graph.ts'

export interface DifferentiatingRuntime extends Runtime {
  readonly loadGradient: (graph: Graph, layer: number) => Promise<GradientNetwork>
}

/** Which runtimes to use, and what to tell the user about it. */
export interface RuntimeChoice {
  /** for prediction, best first; a later one is taken where an earlier one cannot run the model */
  readonly predictions: readonly Runtime[]
  readonly gradients: DifferentiatingRuntime
  readonly notes: readonly string[]
}

/** Probes each runtime once a process and chooses by what it found. */
export class RuntimeChooser {
  #reports: Promise<readonly RuntimeReport[]> | undefined

  /** One runtime after the other: beside each other they would measure each other's load. */
  reports(): Promise<readonly RuntimeReport[]> {
    return (this.#reports ??= probeAll())
  }

  /**
   * @param preference `auto` takes for prediction and for gradients the quickest that the probe found
   * @throws AppError 'runtime.unavailable' with the reason where the preferred one does not work here
   */
  async choose(preference: RuntimePreference): Promise<RuntimeChoice> {
    const reports = await this.reports()
    const usable = reports.filter(({ isUsable }) => isUsable).sort((a, b) => (b.gflops ?? 0) - (a.gflops ?? 0))
    const byId = (id: string): Runtime => runtimes.find((runtime) => runtime.id === id)!
    const ranked = usable.map(({ id }) => byId(id))
    const fastestGradient = ranked.find(isDifferentiating)
    if (!fastestGradient) throw unavailable('no runtime that computes gradients works here', reports)
    if (preference === 'auto') return { predictions: ranked, gradients: fastestGradient, notes: [] }

    const preferred = ranked.find(({ id }) => id === preference)
    if (!preferred) {
      const { label, reason } = reports.find(({ id }) => id === preference)!
      throw unavailable(`${label} does not work here: ${reason}`, reports)
    }
    if (isDifferentiating(preferred)) return { predictions: [preferred], gradients: preferred, notes: [] }
    const note = `${preferred.label} has no gradients; they are computed by ${fastestGradient.label}`
    return { predictions: [preferred, fastestGradient], gradients: fastestGradient, notes: [note] }
  }
}

async function probeAll(): Promise<readonly RuntimeReport[]> {
  const reports: RuntimeReport[] = []
  for (const runtime of runtimes) reports.push(await probeRuntime(runtime))
  return reports
}

function isDifferentiating(runtime: Runtime): runtime is DifferentiatingRuntime {
  return runtime.loadGradient !== null
}

function unavailable(message: string, reports: readonly RuntimeReport[]): AppError {
  return new AppError('runtime.unavailable', message, {
    hint: 'Choose another with --runtime; `obalex doctor` shows which work here and why.',
    data: { reports },
  })
}

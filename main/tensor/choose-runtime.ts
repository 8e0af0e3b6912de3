import { AppError } from '#common/contract/errors.ts'
import type { RuntimePreference, RuntimeReport } from '#common/contract/procedures/models.ts'
import { probeRuntime, runtimes } from './probe.ts'
import type { Graph } from './graph.ts'
import type { GradientNetwork, Runtime } from './runtime.ts'

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
  readonly #runtimes: readonly Runtime[]
  #reports: Promise<readonly RuntimeReport[]> | undefined

  constructor(candidates: readonly Runtime[] = runtimes) {
    this.#runtimes = candidates
  }

  /** One runtime after the other: beside each other they would measure each other's load. */
  reports(): Promise<readonly RuntimeReport[]> {
    return (this.#reports ??= probeAll(this.#runtimes))
  }

  /**
   * @param preference `auto` takes for prediction and for gradients the quickest that the probe found; WebAssembly only
   *   where it is far quicker
   * @throws AppError 'runtime.unavailable' with the reason where the preferred one does not work here
   */
  async choose(preference: RuntimePreference): Promise<RuntimeChoice> {
    const reports = await this.reports()
    const usable = reports.filter(({ isUsable }) => isUsable).sort((a, b) => rank(b) - rank(a))
    const byId = (id: string): Runtime => this.#runtimes.find((runtime) => runtime.id === id)!
    const ranked = usable.map(({ id }) => byId(id))
    const fastestGradient = ranked.find(isDifferentiating)
    if (!fastestGradient) {
      const reasons = reports.filter(({ canDifferentiate }) => canDifferentiate).map((r) => `${r.label} ${r.reason}`)
      throw unavailable(`no runtime that computes gradients works here: ${reasons.join('; ')}`, reports)
    }
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

/**
 * The measured speed. WebAssembly has one thread, which a busy machine slows down less than the many of the others:
 * ONNX Runtime was measured at 10 times its speed on idle cores, at 1 to 4 times on busy ones. Without a handicap the
 * load of the moment would decide where results are computed.
 */
function rank({ id, gflops }: RuntimeReport): number {
  return (gflops ?? 0) / (id === 'wasm' ? 4 : 1)
}

async function probeAll(runtimes: readonly Runtime[]): Promise<readonly RuntimeReport[]> {
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

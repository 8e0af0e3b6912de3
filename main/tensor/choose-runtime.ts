import { AppError } from '#common/contract/errors.ts'
import type { RuntimePreference, RuntimeReport } from '#common/contract/procedures/models.ts'
import { rankRuntimes } from '#common/runtime/rank-runtimes.ts'
import { probeRuntime, runtimes } from './probe.ts'
import type { Runtime } from './runtime.ts'

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
   * Which runtimes to use, best first; a later one is taken where an earlier one cannot run the model.
   * @param preference `auto`: the quickest that the probe found, WebAssembly only where it is far quicker. Another one
   *   comes first, and alone unless there are layers that it cannot run.
   * @throws AppError 'runtime.unavailable' with the reason where none works, or the preferred one does not
   */
  async choose(preference: RuntimePreference): Promise<readonly Runtime[]> {
    const reports = await this.reports()
    const ranked = rankRuntimes(reports).map(({ id }) => this.#runtimes.find((runtime) => runtime.id === id)!)
    if (preference === 'auto') {
      if (ranked.length > 0) return ranked
      throw unavailable(
        `no runtime works here: ${reports.map(({ label, reason }) => `${label} ${reason}`).join('; ')}`,
        reports,
      )
    }
    const preferred = ranked.find(({ id }) => id === preference)
    if (!preferred) {
      const { label, reason } = reports.find(({ id }) => id === preference)!
      throw unavailable(`${label} does not work here: ${reason}`, reports)
    }
    return preferred.runsEveryLayer
      ? [preferred]
      : [preferred, ...ranked.filter(({ runsEveryLayer }) => runsEveryLayer)]
  }
}

async function probeAll(runtimes: readonly Runtime[]): Promise<readonly RuntimeReport[]> {
  const reports: RuntimeReport[] = []
  for (const runtime of runtimes) reports.push(await probeRuntime(runtime))
  return reports
}

function unavailable(message: string, reports: readonly RuntimeReport[]): AppError {
  return new AppError('runtime.unavailable', message, {
    hint: 'Choose another with --runtime; `obalex doctor` shows which work here and why.',
    data: { reports },
  })
}

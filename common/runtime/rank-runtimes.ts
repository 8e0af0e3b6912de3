import type { RuntimeReport } from '../contract/procedures/models.ts'

/**
 * The runtimes that work, the one that is used by itself first: the quickest that the probe found, WebAssembly only
 * where it is far quicker. WebAssembly has one thread, which a busy machine slows down less than the many of the others:
 * ONNX Runtime was measured at 10 times its speed on idle cores, at 1 to 4 times on busy ones. Without a handicap the
 * load of the moment would decide where results are computed.
 */
export function rankRuntimes(reports: readonly RuntimeReport[]): readonly RuntimeReport[] {
  return reports.filter(({ isUsable }) => isUsable).sort((a, b) => rank(b) - rank(a))
}

function rank({ id, gflops }: RuntimeReport): number {
  return (gflops ?? 0) / (id === 'wasm' ? 4 : 1)
}

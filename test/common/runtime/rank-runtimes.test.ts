import { expect, it } from 'vitest'
import type { RuntimeReport } from '#common/contract/procedures/models.ts'
import { rankRuntimes } from '#common/runtime/rank-runtimes.ts'

function report(id: RuntimeReport['id'], gflops: number | null): RuntimeReport {
  return { id, label: id, isUsable: gflops !== null, reason: '', selfTestError: null, gflops }
}

function ranked(...reports: readonly RuntimeReport[]): string[] {
  return rankRuntimes(reports).map(({ id }) => id)
}

it('the quickest that works comes first, WebAssembly only where it is far quicker', () => {
  expect(ranked(report('tensorflow', 100), report('onnx', 120), report('wasm', 300))).toEqual([
    'onnx',
    'tensorflow',
    'wasm',
  ])
  expect(ranked(report('tensorflow', null), report('onnx', 10), report('wasm', 50))).toEqual(['wasm', 'onnx'])
  expect(ranked(report('tensorflow', null))).toEqual([])
})

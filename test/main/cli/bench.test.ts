import { describe, expect, it, onTestFinished } from 'vitest'
import type { RuntimeBench } from '#common/contract/procedures/runtimes.ts'
import { describeBench } from '#main/cli/commands/bench.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { obalex, obalexJson } from './run-cli.ts'

const nothing = { singleMs: null, photoMs: null, gflops: null, peakShare: null, gradientRatio: null, ratio: null }
const usable = { isUsable: true, reason: 'works', selfTestError: 0, gflops: 100 }

describe('obalex bench', () => {
  it('shows each network on each runtime beside the quickest', () => {
    const found: RuntimeBench = {
      runtimes: [
        { id: 'onnx', label: 'ONNX Runtime (CPU)', ...usable, peakGflops: 200.4 },
        { id: 'wasm', label: 'WebAssembly', ...usable, peakGflops: 20 },
        { id: 'tensorflow', label: 'Native', ...usable, isUsable: false, reason: 'not there', peakGflops: null },
      ],
      networks: [
        {
          ...{ network: 'VGG16', runtime: 'onnx', problem: null, batchSize: 3, singleMs: 200, photoMs: 190.04 },
          ...{ gflops: 163, peakShare: 0.8149, gradientRatio: 1.061, ratio: 1 },
        },
        {
          ...{ network: 'ResNet50', runtime: 'wasm', problem: null, batchSize: 1, singleMs: 400, photoMs: 400 },
          ...{ gflops: 19, peakShare: 0.95, gradientRatio: null, ratio: 14.6 },
        },
        { network: 'VGG16', runtime: 'wasm', problem: 'no memory', batchSize: 1, ...nothing },
      ],
    }
    expect(describeBench(found)).toMatchInlineSnapshot(`
      [
        "runtime             matrix product, GFLOP/s  state",
        "ONNX Runtime (CPU)                      200  works",
        "WebAssembly                              20  works",
        "Native                                    –  not there",
        "",
        "network   runtime             one photo, ms  batch  ms a photo  ÷ quickest  GFLOP/s  of the product  gradient ÷ forward",
        "VGG16     ONNX Runtime (CPU)          200.0      3       190.0        1.00      163  81 %                          1.06",
        "ResNet50  WebAssembly                 400.0      1       400.0       14.60       19  95 %                             –",
        "VGG16     WebAssembly                     –      1           –           –        –  –                                –",
        "VGG16 on WebAssembly: no memory",
      ]
    `)
  })

  it('runs the project’s own benchmarks in a checkout', async () => {
    const { OBALEX_TEST_DATA: before } = process.env
    process.env['OBALEX_TEST_DATA'] = temporaryFolder()
    onTestFinished(() => {
      if (before === undefined) delete process.env['OBALEX_TEST_DATA']
      else process.env['OBALEX_TEST_DATA'] = before
    })
    // the quickest answer of all: that there are no photos to measure with
    const skipped = 'no test data (OBALEX_TEST_DATA)'
    expect(await obalexJson(['bench', 'explain'])).toEqual({
      benches: { explain: { name: expect.stringContaining('explanations') as string, rows: [], skipped } },
    })
    const { status, stdout } = await obalex(['bench', 'explain'])
    expect(status).toBe(0)
    expect(stdout).toContain(`skipped: ${skipped}`)
  })

  it('says which benchmarks there are where one is not', async () => {
    const { status, stdout, stderr } = await obalex(['bench', 'runtimes', 'speed'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^obalex: there is no benchmark speed — There are runtimes, classify, .*rle.*\.\n$/)
  })
})

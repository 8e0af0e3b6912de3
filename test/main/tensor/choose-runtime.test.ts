import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import type { RuntimePreference } from '#common/contract/procedures/models.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { fakeRuntime } from './fake-runtime.ts'

const slow = fakeRuntime('wasm', { milliseconds: 40, runsEveryLayer: true })
const quick = fakeRuntime('onnx', { milliseconds: 1 })
const middling = fakeRuntime('tensorflow', { milliseconds: 12, runsEveryLayer: true })
const absent = fakeRuntime('tensorflow', {
  runsEveryLayer: true,
  start: () => Promise.reject(new AppError('runtime.unavailable', 'not installed: the package is optional')),
})

/** Ids of what was chosen. */
async function choose(runtimes: readonly Runtime[], preference: RuntimePreference) {
  return (await new RuntimeChooser(runtimes).choose(preference)).map(({ id }) => id)
}

describe('the choice of runtimes', () => {
  it('is by speed where nothing is preferred', async () => {
    expect(await choose([slow, middling, quick], 'auto')).toEqual(['onnx', 'tensorflow', 'wasm'])
  })

  it('takes WebAssembly before another only where it is far quicker: the load of a moment must not decide', async () => {
    const wasm = fakeRuntime('wasm', { milliseconds: 8, runsEveryLayer: true })
    const busy = fakeRuntime('onnx', { milliseconds: 14 })
    const hopeless = fakeRuntime('onnx', { milliseconds: 100 })
    expect(await choose([wasm, busy], 'auto')).toEqual(['onnx', 'wasm'])
    expect(await choose([wasm, hopeless], 'auto')).toEqual(['wasm', 'onnx'])
  })

  it('leaves out what does not work here', async () => {
    expect(await choose([absent, quick, slow], 'auto')).toEqual(['onnx', 'wasm'])
  })

  it('leaves out what computes wrong values or wrong gradients', async () => {
    const wrong = fakeRuntime('tensorflow', { runsEveryLayer: true, distort: (value) => value * 1.001 })
    expect(await choose([wrong, slow], 'auto')).toEqual(['wasm'])
    const reports = await new RuntimeChooser([wrong]).reports()
    expect(reports).toMatchObject([{ isUsable: false, gflops: null }])
    expect(reports[0]!.selfTestError).toBeGreaterThan(1e-5)
    expect(reports[0]!.reason).toContain('self-test')
  })

  it('is the preferred one alone where it runs every layer', async () => {
    expect(await choose([slow, middling, quick], 'wasm')).toEqual(['wasm'])
  })

  it('has others stand by for layers that the preferred one cannot run', async () => {
    expect(await choose([slow, middling, quick], 'onnx')).toEqual(['onnx', 'tensorflow', 'wasm'])
  })

  it('fails with the reason where the preferred one does not work', async () => {
    await expect(choose([absent, quick, slow], 'tensorflow')).rejects.toMatchObject({
      code: 'runtime.unavailable',
      message: 'fake tensorflow does not work here: not installed: the package is optional',
      data: { reports: [{ id: 'tensorflow' }, { id: 'onnx' }, { id: 'wasm' }] },
    })
  })

  it('fails with all reasons where nothing works', async () => {
    await expect(choose([absent], 'auto')).rejects.toMatchObject({
      code: 'runtime.unavailable',
      message: 'no runtime works here: fake tensorflow not installed: the package is optional',
    })
  })

  it('probes each runtime once, one after the other', async () => {
    const events: string[] = []
    const watched = (runtime: Runtime): Runtime => ({
      ...runtime,
      start: () => {
        events.push(`${runtime.id} starts`)
        return runtime.start()
      },
      load: async (graph, outputs) => {
        const network = await runtime.load(graph, outputs)
        const dispose = async (): Promise<void> => {
          await network.dispose()
          events.push(`${runtime.id} ends`)
        }
        return { ...network, dispose }
      },
    })
    const chooser = new RuntimeChooser([watched(quick), watched(slow)])
    await Promise.all([chooser.choose('auto'), chooser.choose('onnx'), chooser.reports()])
    // each loads a network for its self-test and one for its speed
    expect(events).toEqual(['onnx starts', 'onnx ends', 'onnx ends', 'wasm starts', 'wasm ends', 'wasm ends'])
  })
})

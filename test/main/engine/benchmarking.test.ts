import { expect, it, onTestFinished } from 'vitest'
import { startComputeChild, type ComputeProcess } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { codeOf } from './engine-tools.ts'

it('runtime.bench measures in a process of its own, which a cancel ends', async () => {
  const started: ComputeProcess[] = []
  const startCompute = (): ComputeProcess => {
    const compute = startComputeChild()
    started.push(compute)
    return compute
  }
  const engine = createEngine({ startCompute, version: 'test', checkOutputs: true })
  onTestFinished(() => engine.dispose())
  const controller = new AbortController()
  const steps: string[] = []
  const onEvent = ({ step }: { step: string }): void => {
    steps.push(step)
    controller.abort()
  }
  const bench = engine.connect()['runtime.bench']({}, { signal: controller.signal, onEvent })
  expect(await codeOf(bench)).toBe('aborted')
  expect(steps[0]).toMatch(/^MobileNet 0\.25, /)
  expect(started).toHaveLength(1)
  await started[0]!.exited
  expect(engine.computePid).toBeUndefined()
})

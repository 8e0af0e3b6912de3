import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { decodeState, encodeState } from '#main/training/state-bytes.ts'
import {
  train,
  type BatchSource,
  type EpochReport,
  type StepReport,
  type TrainOptions,
  type TrainResult,
} from '#main/training/train.ts'
import type { Batch } from '#main/training/training-step.ts'
import { colourBatches, smallNetwork, weightsOf } from './models.ts'

const batches = colourBatches(5)
const fromBatches =
  (all: readonly Batch[]): BatchSource =>
  ({ step }) =>
    all.slice(step)

function run(model: tf.LayersModel, options: Partial<TrainOptions> = {}): Promise<TrainResult> {
  return train({
    model,
    backend: 'wasm',
    batches: fromBatches(batches),
    epochs: 3,
    optimizer: { kind: 'rmsprop', form: 'new', learningRate: 3e-3 },
    loss: 'categorical-crossentropy',
    seed: 11,
    ...options,
  })
}

beforeAll(async () => {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
})

describe('a training run', () => {
  it('learns what it is shown', async () => {
    const model = smallNetwork({ rate: 0.1 })
    const epochs: EpochReport[] = []
    await run(model, {
      epochs: 25,
      onEpoch: (report) => {
        epochs.push(report)
      },
    })
    expect(epochs[0]!.accuracy).toBeLessThan(0.8)
    expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss / 2)
    expect(epochs.at(-1)!.accuracy).toBeGreaterThan(0.9)
    model.dispose()
  })

  it('reports each step and the means of each epoch, weighted by the batches’ sizes', async () => {
    const model = smallNetwork()
    const steps: StepReport[] = []
    const epochs: EpochReport[] = []
    const uneven = [...colourBatches(2), ...colourBatches(1, { size: 2, seed: 5 })]
    const { outcome } = await run(model, {
      batches: fromBatches(uneven),
      epochs: 2,
      onStep: (report) => steps.push(report),
      onEpoch: (report) => {
        epochs.push(report)
      },
    })
    expect(outcome).toBe('finished')
    expect(steps.map(({ epoch, step, n }) => [epoch, step, n])).toEqual([
      [0, 0, 6],
      [0, 1, 6],
      [0, 2, 2],
      [1, 0, 6],
      [1, 1, 6],
      [1, 2, 2],
    ])
    const second = steps.slice(3)
    expect(epochs[1]!.n).toBe(14)
    expect(epochs[1]!.loss).toBeCloseTo(second.reduce((sum, { loss, n }) => sum + loss * n, 0) / 14, 10)
    expect(epochs[1]!.accuracy).toBeCloseTo(second.reduce((sum, { nCorrect }) => sum + nCorrect, 0) / 14, 10)
    model.dispose()
  })

  it('takes batches from an asynchronous source and waits for what follows an epoch', async () => {
    const model = smallNetwork()
    const events: string[] = []
    await run(model, {
      epochs: 2,
      batches: async function* () {
        for (const batch of batches.slice(0, 2)) {
          await Promise.resolve()
          yield batch
        }
      },
      onStep: ({ epoch, step }) => events.push(`step ${epoch}.${step}`),
      onEpoch: async ({ epoch }) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        events.push(`epoch ${epoch}`)
      },
    })
    expect(events).toEqual(['step 0.0', 'step 0.1', 'epoch 0', 'step 1.0', 'step 1.1', 'epoch 1'])
    model.dispose()
  })

  it('gives the same weights for the same seed, others for another (dropout)', async () => {
    const [first, again, other] = [smallNetwork(), smallNetwork(), smallNetwork()]
    await run(first)
    await run(again)
    await run(other, { seed: 12 })
    expect(weightsOf(again)).toEqual(weightsOf(first))
    expect(weightsOf(other)).not.toEqual(weightsOf(first))
    for (const model of [first, again, other]) model.dispose()
  })

  it('leaves no tensor behind, neither a step nor a run', async () => {
    const model = smallNetwork()
    await run(model, { epochs: 1 })
    const before = tf.memory().numTensors
    const during: number[] = []
    await run(model, { epochs: 2, onStep: () => during.push(tf.memory().numTensors) })
    expect(new Set(during).size).toBe(1)
    expect(tf.memory().numTensors).toBe(before)
    model.dispose()
  })

  it('runs a nested model as if its layers stood in the outer one', async () => {
    const plain = smallNetwork()
    const inner = smallNetwork()
    const input = tf.input({ shape: [8, 8, 3] })
    const nested = tf.model({ inputs: input, outputs: inner.apply(input) as tf.SymbolicTensor })
    await run(plain)
    await run(nested)
    expect(weightsOf(nested)).toEqual(weightsOf(plain))
    plain.dispose()
    nested.dispose()
  })
})

describe('freezing', () => {
  it('keeps every weight of a frozen layer, and the moving statistics of its batch normalisation, to the bit', async () => {
    const model = smallNetwork()
    const before = weightsOf(model)
    await run(model, { trainable: ({ name }) => name === 'out' })
    const after = weightsOf(model)
    for (const [name, values] of Object.entries(before)) {
      if (name.startsWith('out/')) expect(after[name]).not.toEqual(values)
      else expect(after[name]).toEqual(values)
    }
    model.dispose()
  })

  it('goes by what each layer’s `trainable` says where nothing else is asked for', async () => {
    const model = smallNetwork()
    model.getLayer('conv').trainable = false
    const before = weightsOf(model)
    await run(model, { epochs: 1 })
    const after = weightsOf(model)
    expect(after['conv/kernel']).toEqual(before['conv/kernel'])
    expect(after['conv2/kernel']).not.toEqual(before['conv2/kernel'])
    model.dispose()
  })

  it('trains a layer that is marked as frozen where the filter says so', async () => {
    const model = smallNetwork()
    model.getLayer('conv').trainable = false
    const before = weightsOf(model)
    await run(model, { epochs: 1, trainable: () => true })
    expect(weightsOf(model)['conv/kernel']).not.toEqual(before['conv/kernel'])
    model.dispose()
  })
})

describe('stopping and resuming', () => {
  it('ends between two steps with a state from which a new process goes on to the same bits', async () => {
    const whole = smallNetwork()
    const wholeEpochs: EpochReport[] = []
    const expected = await run(whole, {
      onEpoch: (report) => {
        wholeEpochs.push(report)
      },
    })
    for (const stopAt of [0, 3, 4, 7, 13]) {
      const first = smallNetwork()
      const controller = new AbortController()
      const epochs: EpochReport[] = []
      const onEpoch = (report: EpochReport): void => {
        epochs.push(report)
      }
      let done = 0
      const stopped = await run(first, {
        signal: controller.signal,
        onEpoch,
        onStep: () => {
          if (done++ === stopAt) controller.abort()
        },
      })
      expect(stopped.outcome).toBe('stopped')
      expect(stopped.state.epoch * batches.length + stopped.state.step).toBe(stopAt + 1)
      const second = smallNetwork({ seed: 99 })
      const resumed = await run(second, { state: decodeState(encodeState(stopped.state)), onEpoch })
      expect(resumed.outcome).toBe('finished')
      expect(weightsOf(second)).toEqual(weightsOf(whole))
      expect(resumed.state.means).toEqual(expected.state.means)
      expect(epochs).toEqual(wholeEpochs)
      first.dispose()
      second.dispose()
    }
    whole.dispose()
  })

  it('goes on from a state that was captured after an epoch', async () => {
    const whole = smallNetwork()
    const states: Uint8Array[] = []
    await run(whole, {
      onEpoch: (_, capture) => {
        states.push(encodeState(capture()))
      },
    })
    const second = smallNetwork({ seed: 99 })
    await run(second, { state: decodeState(states[0]!) })
    expect(weightsOf(second)).toEqual(weightsOf(whole))
    whole.dispose()
    second.dispose()
  })

  it('does nothing where the signal came before it began', async () => {
    const model = smallNetwork()
    const before = weightsOf(model)
    const result = await run(model, { signal: AbortSignal.abort() })
    expect(result.outcome).toBe('stopped')
    expect(weightsOf(model)).toEqual(before)
    model.dispose()
  })

  it('takes a source that throws the signal’s reason for stopped, any other error for an error', async () => {
    const model = smallNetwork()
    const controller = new AbortController()
    const stopped = await run(model, {
      signal: controller.signal,
      batches: function* () {
        yield batches[0]!
        controller.abort()
        controller.signal.throwIfAborted()
      },
    })
    expect(stopped.outcome).toBe('stopped')
    expect(stopped.state.step).toBe(1)
    const failure = new Error('disk')
    const failing = run(model, {
      // eslint-disable-next-line require-yield
      batches: function* () {
        throw failure
      },
    })
    await expect(failing).rejects.toBe(failure)
    model.dispose()
  })

  it('refuses the state of another run', async () => {
    const model = smallNetwork()
    const { state } = await run(model, { epochs: 1 })
    const refused = { code: 'training.state' }
    await expect(run(model, { state, seed: 12 })).rejects.toMatchObject(refused)
    await expect(run(model, { state, trainable: ({ name }) => name === 'out' })).rejects.toMatchObject(refused)
    await expect(run(model, { state: { ...state, weights: state.weights.slice(1) } })).rejects.toMatchObject(refused)
    const [first, ...others] = state.weights
    const reshaped = { ...state, weights: [{ ...first!, shape: [1, 1, 27, 6] }, ...others] }
    await expect(run(model, { state: reshaped })).rejects.toMatchObject(refused)
    model.dispose()
  })
})

describe('what cannot go on', () => {
  it('ends with an error and the last good weights where the loss is no number any more', async () => {
    const model = smallNetwork()
    const before = weightsOf(model)
    const broken = { ...batches[0]!, x: batches[0]!.x.map(() => NaN) }
    const nTensors = tf.memory().numTensors
    const failing = run(model, { batches: () => [broken] })
    await expect(failing).rejects.toMatchObject({ code: 'training.diverged', data: { epoch: 0, step: 0 } })
    expect(weightsOf(model)).toEqual(before)
    expect(tf.memory().numTensors).toBe(nTensors)
    model.dispose()
  })

  it('refuses batches of another size, and epochs without any', async () => {
    const model = smallNetwork()
    const [{ x, y }] = batches as [Batch]
    for (const batch of [
      { x: x.subarray(1), y },
      { x, y: y.subarray(1) },
      { x: new Float32Array(), y: new Float32Array() },
    ]) {
      await expect(run(model, { batches: () => [batch] })).rejects.toMatchObject({ code: 'training.batch' })
    }
    await expect(run(model, { batches: () => [] })).rejects.toMatchObject({ code: 'training.batch' })
    model.dispose()
  })
})

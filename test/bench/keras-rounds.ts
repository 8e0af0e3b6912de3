import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { testData } from '../builders/data-paths.ts'

const script = join(import.meta.dirname, 'keras_classify.py')

/** A round over all photos, decoding included. */
export interface Round {
  readonly seconds: number
  readonly cpuSeconds: number
  /** index of each photo's best class */
  readonly top: readonly number[]
}

/** Keras in a process of its own, ready to classify the same photos again and again. */
export interface KerasRounds {
  round(): Promise<Round>
  stop(): Promise<void>
}

/**
 * @param python one that has TensorFlow 2.15
 * @param network as the reference's goldenlib.py calls it
 * @throws where it ends before it is ready; what it says is on standard error
 */
export async function startKeras(
  python: string,
  {
    network,
    weights,
    photos,
  }: { readonly network: string; readonly weights: string; readonly photos: readonly string[] },
): Promise<KerasRounds> {
  const args = [script, testData('reference'), network, weights, ...photos]
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`${python} ended before it answered`)
    return JSON.parse(value) as unknown
  }
  await answer()
  return {
    round: async () => {
      child.stdin.write('round\n')
      return (await answer()) as Round
    },
    stop: async () => {
      child.stdin.end()
      await exited
    },
  }
}

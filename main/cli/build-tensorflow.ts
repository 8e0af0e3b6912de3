import { parseArgs } from 'node:util'
import { defaultTensorFlowVersion } from '#common/contract/procedures/runtimes.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { durationWords } from './progress.ts'
import { errorLine, exitStatus, statusOfError } from './exit.ts'
import { interruptSignal } from './interrupt.ts'

/** `npm run tensorflow:build`: asks the engine to build native TensorFlow, a line a step. */
const usage = `usage: npm run tensorflow:build -- [--version ${defaultTensorFlowVersion}] [--gpu] [--force]`

const say = (text: string): void => void process.stdout.write(text)

/** Begins the line of a step, or ends the one before with the time that it took. */
class StepLines {
  #step: string | undefined
  #at = 0

  readonly show = ({ step, done, total }: Progress): void => {
    if (step === this.#step) return
    this.end()
    this.#step = step
    this.#at = performance.now()
    say(`${done + 1} of ${total}: ${step} … `)
  }

  end(): void {
    if (this.#step !== undefined) say(`${durationWords(performance.now() - this.#at)}\n`)
    this.#step = undefined
  }
}

async function build(request: { version?: string; gpu: boolean; force: boolean }): Promise<number> {
  const engine = createEngine({ startCompute: startComputeChild, version: packageJson.version })
  const lines = new StepLines()
  const start = performance.now()
  try {
    const call = engine.connect()['runtime.build-native']
    const { version, gpu, folder, isNew, report } = await call(request, {
      signal: interruptSignal(),
      onEvent: lines.show,
    })
    lines.end()
    const what = `TensorFlow ${version}${gpu ? ' with CUDA' : ''}`
    const how = isNew ? `was built in ${durationWords(performance.now() - start)}` : 'was built before'
    say(`${what} ${how}: it ${report.reason}.\nIt lies in ${folder}\n`)
    return exitStatus.done
  } catch (error) {
    lines.end()
    process.stderr.write(`${errorLine(error, usage)}\n`)
    return statusOfError(error)
  } finally {
    await engine.dispose()
  }
}

function readArguments(): Parameters<typeof build>[0] | null {
  try {
    const { values } = parseArgs({
      options: {
        version: { type: 'string' },
        gpu: { type: 'boolean', default: false },
        force: { type: 'boolean', default: false },
      },
    })
    return values
  } catch {
    return null
  }
}

const request = readArguments()
if (request === null) process.stderr.write(`${usage}\n`)
process.exitCode = request === null ? exitStatus.usage : await build(request)

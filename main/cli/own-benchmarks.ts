import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { AppError } from '#common/contract/errors.ts'
import type { CommandContext } from './command.ts'

const script = join(import.meta.dirname, '../../test/bench/run.ts')

/** Names of the project's own benchmarks, which a checkout has; in a packaged program there are none. */
export async function ownBenchmarks(signal: AbortSignal): Promise<string[]> {
  if (!import.meta.filename.endsWith('.ts') || !existsSync(script)) return []
  return JSON.parse(await outputOf(['--list'], signal)) as string[]
}

/**
 * Runs benchmarks of a checkout in a process of their own. As text they are printed while they run.
 * @returns for other formats their figures, by name
 * @throws AppError 'internal' where it ends with an error, which it has printed; 'aborted'
 */
export async function runOwnBenchmarks(
  names: readonly string[],
  { output, signal }: Pick<CommandContext, 'output' | 'signal'>,
): Promise<unknown> {
  if (output.format !== 'text') return JSON.parse(await outputOf(['--json', ...names], signal)) as unknown
  const { child, ended } = start(names, signal)
  for await (const part of child.stdout) await output.write(part as string)
  await ended
  return undefined
}

async function outputOf(args: readonly string[], signal: AbortSignal): Promise<string> {
  const { child, ended } = start(args, signal)
  const written = await text(child.stdout)
  await ended
  return written
}

function start(args: readonly string[], signal: AbortSignal) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'], signal })
  child.stdout.setEncoding('utf8')
  return { child, ended: end(once(child, 'exit'), signal) }
}

async function end(exit: Promise<unknown[]>, signal: AbortSignal): Promise<void> {
  try {
    const [status] = await exit
    if (status !== 0) throw new AppError('internal', `the benchmarks ended with ${String(status)}`)
  } catch (error) {
    if (signal.aborted) throw new AppError('aborted', 'the benchmarks were stopped', { cause: error })
    throw error
  }
}

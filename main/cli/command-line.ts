import { CommanderError } from 'commander'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Engine } from '#main/engine/engine.ts'
import { userFolder } from '#main/files/user-folder.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { commandName, outputFormat, type CommonOptions, type RunOptions } from './command.ts'
import { errorLine, exitStatus, statusOfError, type ExitStatus } from './exit.ts'
import { Messages, type MessageStream } from './messages.ts'
import { Output } from './output.ts'
import type { Person } from './person.ts'
import { createProgram, ParseEnd } from './program.ts'

/** Where a command line runs. */
export interface CommandLineHost {
  readonly stdout: Writable
  readonly stderr: MessageStream
  /** aborted where the command should stop */
  readonly signal: AbortSignal
  readonly person: Person
  /** where it is remembered how long work takes on this machine; null: nowhere */
  readonly speedFile: string | null
  /** for developers: checks what the engine answers, says where errors come from */
  readonly isDebugging: boolean
}

/**
 * Runs one command line to its end, with an engine in this process where it needs one.
 * @param args without the names of Node and the program
 * @returns the exit status; never throws
 */
export async function runCommandLine(args: readonly string[], host: CommandLineHost): Promise<ExitStatus> {
  const { stdout, stderr, signal, person } = host
  let messages = new Messages(stderr)
  let help = 'obalex --help'
  let status: ExitStatus = exitStatus.done
  let helpText = ''
  const sayStopping = (): void => messages.note('Stopping after what is under way; once more stops at once.')
  signal.addEventListener('abort', sayStopping)

  const program = createProgram(packageJson.version, {
    run: async (command, work, { hasWindows = false } = {}) => {
      const options = command.opts<CommonOptions>()
      help = `${commandName(command)} --help`
      messages = new Messages(stderr, { isQuiet: options.quiet === true })
      const output = new Output(stdout, outputFormat(options), () => messages.clear())
      status = await withEngine({ ...host, hasWindows }, messages, (engine) =>
        work({
          engine: engine.connect(),
          serveEngine: (link) => engine.serve(link),
          signal,
          output,
          messages,
          person,
        }),
      )
    },
    writeHelp: (text) => (helpText += text),
    writeHelpAsError: (text) => void stderr.write(text),
  })

  try {
    await program.parseAsync(args.length === 0 ? ['open'] : args, { from: 'user' })
  } catch (error) {
    const cause = error instanceof ParseEnd ? error.reason : error
    if (error instanceof ParseEnd) help = `${error.commandName} --help`
    status = signal.aborted ? exitStatus.interrupted : statusOfError(cause)
    if (status !== exitStatus.done && !isHelp(cause)) messages.error(errorLine(cause, help))
    if (status !== exitStatus.done && host.isDebugging) messages.error(String((error as Error).stack))
  }
  messages.clear()
  signal.removeEventListener('abort', sayStopping)
  await new Output(stdout, 'text').write(helpText)
  return status
}

/** A group of commands without one of them has printed its help already. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.code === 'commander.help'
}

async function withEngine<T>(
  { isDebugging, signal, speedFile, hasWindows }: CommandLineHost & Required<RunOptions>,
  messages: Messages,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  // only here: help and usage errors need no engine, and answer at once
  const { createEngine } = await import('#main/engine/engine.ts')
  const { startComputeChild } = await import('#main/compute/host.ts')
  const engine = createEngine({
    startCompute: startComputeChild,
    version: packageJson.version,
    checkOutputs: isDebugging,
    note: (text) => messages.note(text),
    ...(speedFile === null ? {} : { speedFile }),
    ...(hasWindows ? { recentFile: join(userFolder(), 'recent.json') } : { ending: signal }),
    log: (line) => (isDebugging ? messages.error(line) : undefined),
  })
  try {
    return await work(engine)
  } finally {
    await engine.dispose()
  }
}

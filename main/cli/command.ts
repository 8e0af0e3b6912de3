import { Option, type Command } from 'commander'
import type { EngineClient } from '#common/contract/index.ts'
import type { Link } from '#common/contract/rpc.ts'
import type { ExitStatus } from './exit.ts'
import type { Messages } from './messages.ts'
import type { Output, OutputFormat } from './output.ts'
import type { Person } from './person.ts'

/** What the work of a command is given. */
export interface CommandContext {
  readonly engine: EngineClient
  /** serves the same engine to another client */
  readonly serveEngine: (link: Link) => void
  /** aborted by Ctrl+C */
  readonly signal: AbortSignal
  /** the data, on standard output */
  readonly output: Output
  /** everything else, on standard error */
  readonly messages: Messages
  readonly person: Person
}

/** Runs the work of a command with an engine that lives as long as it. */
export type RunCommand = (
  command: Command,
  work: (context: CommandContext) => Promise<ExitStatus>,
  options?: RunOptions,
) => Promise<void>

export interface RunOptions {
  /** people open projects in it: they are remembered, and Ctrl+C is its normal end, with rolling backups */
  readonly hasWindows?: boolean
}

/** The options that every command has, as commander gives them. */
export interface CommonOptions {
  readonly json?: true
  readonly jsonl?: true
  readonly csv?: true
  readonly quiet?: true
}

/** Adds the options for what is printed: `--json` and `--quiet` to every command, the others where they make sense. */
export function addOutputOptions(command: Command, others: readonly ('jsonl' | 'csv')[] = []): Command {
  const conflicts = (own: string): string[] => ['json', ...others].filter((name) => name !== own)
  command.addOption(new Option('--json', 'print one JSON document').conflicts(conflicts('json')))
  if (others.includes('jsonl')) {
    command.addOption(new Option('--jsonl', 'print one JSON object a line').conflicts(conflicts('jsonl')))
  }
  if (others.includes('csv')) {
    command.addOption(new Option('--csv', 'print a table for spreadsheets').conflicts(conflicts('csv')))
  }
  return command.option('--quiet', 'no progress and no notes, only the data and errors')
}

export function outputFormat({ json, jsonl, csv }: CommonOptions): OutputFormat {
  return json ? 'json' : jsonl ? 'jsonl' : csv ? 'csv' : 'text'
}

/** Adds an example of how the command is used, at the end of its help. */
export function addExample(command: Command, ...lines: readonly string[]): Command {
  const title = lines.length > 1 ? 'Examples:' : 'Example:'
  return command.addHelpText('after', ['', title, ...lines.map((line) => `  ${line}`)].join('\n'))
}

/** The full name of a command as it is typed: `obalex mask info`. */
export function commandName(command: Command): string {
  return command.parent ? `${commandName(command.parent)} ${command.name()}` : command.name()
}

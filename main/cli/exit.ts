import { CommanderError } from 'commander'
import { AppError, type ErrorCode } from '#common/contract/errors.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import { printable } from './printable.ts'

/** What the command ends with; scripts rely on these numbers. */
export const exitStatus = {
  done: 0,
  failed: 1,
  /** wrong usage: the same command cannot work on any file */
  usage: 2,
  /** finished, but some images failed */
  someFailed: 3,
  interrupted: 130,
} as const
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus]

/**
 * Errors that are about what was asked for, not about what was found: exit status 2. Everything else is 1, a labels file
 * of another model (`model.labels`) and a file that is not there (`file.missing`) among it.
 */
const usageCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'request.invalid',
  'request.usage',
  'model.preprocessing-unknown',
  'model.layer-missing',
  'explainer.unknown',
  'explainer.options',
  'explainer.class',
  'catalogue.unknown',
])

const faultHint = 'This is a fault of the program: set OBALEX_DEBUG=1, run it again and report what it says.'

/** What to do where the error itself does not say it. */
const hints: Partial<Readonly<Record<ErrorCode, string>>> = {
  aborted: 'Give the same command again to have it done.',
  'file.unreadable': 'Check that it is a file and that you may read it.',
  'file.format': 'Check that it is the file you meant.',
  'image.broken': 'Open it in an image viewer; if that works, save it as PNG.',
  'image.too-large': 'Make it smaller first.',
  'npy.format': 'Write it with numpy.save.',
  'json.format': 'Check that it is the file you meant.',
  'map.negative': 'A map holds evidence for the class only: cut it at 0 first.',
  'map.not-finite': 'Look for what made NaN or infinity in it.',
  'model.format': 'Check that it is a model file of one of the kinds that the help names.',
  'project.not-a-project': 'Make one with “obalex project create”.',
}

/** What to do about an error without a hint of its own, by its subject. */
const subjectHints: Readonly<Record<string, string>> = {
  file: 'Check the path.',
  map: 'Maps are .npy files with two axes, or grey PNG files.',
  mask: 'Masks are PNG, .npy, run-length JSON or polygon JSON files.',
  rle: 'The file may belong to another image size.',
  import: 'Look at it with --dry-run.',
  compute: 'Run it again; if it happens again, try another --runtime.',
}

/** The exit status that an error stands for. */
export function statusOfError(error: unknown): ExitStatus {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.usage
  if (!(error instanceof AppError)) return exitStatus.failed
  if (error.code === 'aborted') return exitStatus.interrupted
  return usageCodes.has(error.code) ? exitStatus.usage : exitStatus.failed
}

/**
 * Says in one line what happened and what to do: `obalex: what happened — what to do`.
 * @param help how the help of the command is called, for errors that say nothing better
 */
export function errorLine(error: unknown, help: string): string {
  if (error instanceof CommanderError) return line(error.message.replace(/^error: /, ''), `See “${help}”.`)
  if (error instanceof AppError) {
    // the link says which call was cancelled; the user knows
    const isBare = error.code === 'aborted' && error.hint === undefined
    return line(isBare ? 'stopped' : error.message, hintOf(error, help))
  }
  return line(error instanceof Error ? error.message : String(error), faultHint)
}

/** Names an image that failed, in one line. */
export function failureLine({ image, code, message, hint }: Failure): string {
  const isNamed = message.includes(image)
  return line(isNamed ? message : `${image}: ${message}`, hint ?? hints[code])
}

/** @param nDone images that were done */
export function statusOfFailures(failures: readonly Failure[], nDone: number): ExitStatus {
  if (failures.length === 0) return exitStatus.done
  return nDone > 0 ? exitStatus.someFailed : exitStatus.failed
}

function hintOf({ code, hint }: AppError, help: string): string {
  // its own hint is for hosts that keep a log
  if (code === 'internal') return faultHint
  return hint ?? hints[code] ?? subjectHints[code.split('.')[0]!] ?? `See “${help}”.`
}

function line(what: string, hint: string | undefined): string {
  const happened = printable(what).replace(/\.$/, '')
  return hint === undefined ? `obalex: ${happened}` : `obalex: ${happened} — ${printable(hint)}`
}

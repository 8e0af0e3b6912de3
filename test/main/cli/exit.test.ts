import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { AppError, errorCodes } from '#common/contract/errors.ts'
import { errorLine, failureLine, statusOfError, statusOfFailures } from '#main/cli/exit.ts'

const failure = { image: 'a.jpg', code: 'image.broken', message: 'a.jpg is broken' } as const

describe('exit status', () => {
  it('is 2 for what cannot be asked, 130 for what was stopped, 1 for every other error', () => {
    const usage = errorCodes.filter((code) => statusOfError(new AppError(code, 'x')) === 2)
    expect(usage).toEqual([
      'request.invalid',
      'request.usage',
      'model.layer-missing',
      'model.preprocessing-unknown',
      'catalogue.unknown',
      'explainer.unknown',
      'explainer.options',
      'explainer.class',
    ])
    expect(errorCodes.filter((code) => statusOfError(new AppError(code, 'x')) === 130)).toEqual(['aborted'])
    expect(statusOfError(new AppError('file.missing', 'x'))).toBe(1)
    expect(statusOfError(new TypeError('a bug'))).toBe(1)
  })

  it('is 2 for a command line that cannot be read, 0 for help', () => {
    expect(statusOfError(new CommanderError(1, 'commander.unknownOption', 'error: unknown option'))).toBe(2)
    expect(statusOfError(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'))).toBe(0)
  })

  it('is 3 where some images failed, 1 where all did', () => {
    expect(statusOfFailures([], 5)).toBe(0)
    expect(statusOfFailures([], 0)).toBe(0)
    expect(statusOfFailures([failure], 1)).toBe(3)
    expect(statusOfFailures([failure], 0)).toBe(1)
  })
})

describe('the line of an error', () => {
  it('says what happened and what to do', () => {
    const error = new AppError('file.missing', 'There is no file x.', { hint: 'Check the path.' })
    expect(errorLine(error, 'obalex score --help')).toBe('obalex: There is no file x — Check the path.')
  })

  it('always says what to do', () => {
    for (const code of errorCodes) {
      const line = errorLine(new AppError(code, 'it went wrong'), 'obalex run --help')
      expect(line).toMatch(/^obalex: (it went wrong|stopped) — .{10,}\.$/)
    }
    expect(errorLine(new AppError('job.failed', 'x'), 'obalex run --help')).toBe('obalex: x — See “obalex run --help”.')
  })

  it('stays one line, without controls of a terminal, whatever a file is called', () => {
    const error = new AppError('file.missing', 'There is no file a\nb\u001b[31mc\u202ed', { hint: 'Check\r\nit.' })
    expect(errorLine(error, '')).toBe('obalex: There is no file a b [31mc d — Check it.')
  })

  it('says what commander found, with the suggestion on the same line', () => {
    const error = new CommanderError(
      1,
      'commander.unknownOption',
      "error: unknown option '--modle'\n(Did you mean --model?)",
    )
    expect(errorLine(error, 'obalex run --help')).toBe(
      "obalex: unknown option '--modle' (Did you mean --model?) — See “obalex run --help”.",
    )
  })

  it('says of what was stopped only that, unless there is more to say', () => {
    const cancelled = new AppError('aborted', 'explanation.compute was cancelled')
    expect(errorLine(cancelled, '')).toBe('obalex: stopped — Give the same command again to have it done.')
    const run = new AppError('aborted', 'the run was stopped', { hint: 'What was done is kept.' })
    expect(errorLine(run, '')).toBe('obalex: the run was stopped — What was done is kept.')
  })

  it('calls a bug a fault of the program', () => {
    expect(errorLine(new TypeError('x is undefined'), '')).toMatch(/^obalex: x is undefined — .*fault of the program/)
    const internal = new AppError('internal', 'x', { hint: 'The log has it.' })
    expect(errorLine(internal, '')).toMatch(/OBALEX_DEBUG/)
  })

  it('names the image that failed, once', () => {
    expect(failureLine(failure)).toMatch(/^obalex: a\.jpg is broken — /)
    expect(failureLine({ image: 'b.jpg', code: 'compute.died', message: 'the process died' })).toBe(
      'obalex: b.jpg: the process died',
    )
    expect(failureLine({ ...failure, hint: 'Look at it.' })).toBe('obalex: a.jpg is broken — Look at it.')
  })
})

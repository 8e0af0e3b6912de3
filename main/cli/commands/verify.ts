import type { Command } from 'commander'
import type { Break, ProjectVerification } from '#common/contract/procedures/projects.ts'
import { AppError } from '#common/contract/errors.ts'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { errorLine, exitStatus } from '../exit.ts'
import { counted, pairs } from '../table.ts'

interface Options extends CommonOptions {
  readonly recompute?: true
}

export function addVerify(program: Command, run: RunCommand): void {
  const command = program
    .command('verify')
    .summary('check that a project is whole and unchanged')
    .description(
      'Check that a project file is whole, and that nothing in it was changed outside the program: every page, hash,\n' +
        'mask and map, the audit log, and the data against the log. Names the first broken thing, with exit status 1.\n' +
        'The project may be open elsewhere; it is not changed.',
    )
    .argument('<project>', 'a project file')
    .option('--recompute', 'also compute every score again, and compare the photos by their content')
    .action((path: string, { recompute }: Options, command: Command) =>
      run(command, async ({ engine, output, messages, signal }) => {
        const result = await engine['project.verify'](
          { path, recompute: recompute === true },
          { signal, onEvent: messages.progress },
        )
        const { broken } = result
        if (broken === null) await output.document(result, () => describe(result))
        else if (output.format !== 'text') await output.document(result, () => [])
        for (const note of result.notes) messages.note(note)
        if (broken) messages.error(brokenLine(result.path, broken))
        return broken ? exitStatus.failed : exitStatus.done
      }),
    )
  addOutputOptions(command)
  addExample(command, 'obalex verify pets.obalex', 'obalex verify pets.obalex --recompute')
}

function brokenLine(path: string, { message, hint }: Break): string {
  const what = message.includes(path) ? message : `${path}: ${message}`
  return errorLine(new AppError('project.corrupt', what, { hint }), '')
}

function describe({ path, checked, photos }: ProjectVerification): string[] {
  const { pages, tables, rows, auditEntries, blobs, maskRevisions, maps, strokes, loggedFacts, scores } = checked
  return [
    `${path} is whole and as it was written.`,
    ...pairs([
      ['file', `${counted(pages, 'page')}, ${counted(tables, 'table')}, ${counted(rows, 'row')}`],
      ['audit log', `${entries(auditEntries)} in one chain, ${counted(loggedFacts, 'fact')} as the data have them`],
      ['masks', `${counted(maskRevisions, 'revision')}, ${counted(strokes, 'stroke')} in their journals`],
      ['maps', `${counted(maps, 'map')}, ${hashes(blobs)}`],
      ...(scores === null ? [] : [['scores', `${counted(scores, 'score')} computed again, equal`] as const]),
      ...(photos === null ? [] : [['photos', photoCounts(photos)] as const]),
    ]),
  ]
}

function photoCounts({ present, missing, changed }: NonNullable<ProjectVerification['photos']>): string {
  return `${counted(present, 'photo')} as they were, ${missing} missing, ${changed} changed (they are no part of the file)`
}

function hashes(n: number): string {
  return `${n.toLocaleString('en')} ${n === 1 ? 'hash' : 'hashes'}`
}

function entries(n: number): string {
  return `${n.toLocaleString('en')} ${n === 1 ? 'entry' : 'entries'}`
}

import { basename } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import type { EngineClient } from '#common/contract/index.ts'
import type { ImportFacts, UndoReport } from '#common/contract/procedures/importing.ts'
import { AppError } from '#common/contract/errors.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { errorLine, exitStatus, type ExitStatus } from '../exit.ts'
import { printable } from '../printable.ts'
import { printRows, tableOf, type RowLayout } from '../rows.ts'
import { counted } from '../table.ts'
import { withProject } from '../with-project.ts'

interface Options extends CommonOptions {
  readonly dryRun?: true
  readonly list?: true
}

export function addUndoImport(program: Command, run: RunCommand): void {
  const command = program
    .command('undo-import')
    .summary('take an import out of a project again')
    .description(
      'Undo an import as one: images, masks, labels and splits are as before it, and what was computed of its images ' +
        'since goes with it. Refused where people have worked on it since: their work is never thrown away. Photos ' +
        'stay where they are; importing the same again brings all back.',
    )
    .argument('<project>', 'a project file')
    .argument('[entry]', 'of the import in the audit log (default: the newest import)', entryNumber)
    .option('--dry-run', 'only say what would go, and what stands in the way')
    .option('--list', 'list the imports of the project, with their entries')
    .action((path: string, entry: number | undefined, options: Options, command: Command) =>
      run(command, async (context) => {
        if (options.list === true) return listImports(path, context)
        return undo(path, { entry: entry ?? null, dryRun: options.dryRun === true }, context)
      }),
    )
  addOutputOptions(command)
  addExample(
    command,
    'obalex undo-import pets.obalex --dry-run',
    'obalex undo-import pets.obalex',
    'obalex undo-import pets.obalex --list',
  )
}

async function undo(
  path: string,
  { entry, dryRun }: { readonly entry: number | null; readonly dryRun: boolean },
  context: CommandContext,
): Promise<ExitStatus> {
  const { engine, output, messages, signal } = context
  const report = await withProject(context, { path, mode: dryRun ? 'read' : 'write' }, (project) =>
    engine['dataset.import.undo']({ project, entry, dryRun }, { signal, onEvent: messages.progress }),
  )
  await output.document(report, () => describe(report))
  const [obstacle] = report.obstacles
  if (!obstacle) return exitStatus.done
  messages.error(errorLine(new AppError('import.in-use', obstacle.message, { hint: obstacle.hint }), ''))
  return exitStatus.failed
}

type Listed = Awaited<ReturnType<EngineClient['imports.list']>>['imports'][number]

async function listImports(path: string, context: CommandContext): Promise<ExitStatus> {
  const { engine, output, messages, signal } = context
  const { imports } = await withProject(context, { path, mode: 'read' }, (project) =>
    engine['imports.list']({ project }, { signal }),
  )
  await printRows(output, onePage(imports), layout)
  if (imports.length === 0) messages.note('There are no imports yet: “obalex import” brings data in.')
  return exitStatus.done
}

async function* onePage(imports: readonly Listed[]): AsyncGenerator<readonly Listed[]> {
  yield await Promise.resolve(imports)
}

const stateWords: Readonly<Record<ImportFacts['state'], string>> = {
  'in-force': 'can be undone',
  undone: 'undone',
  empty: 'brought nothing new',
  unrecorded: 'from before imports were recorded',
}

const layout: RowLayout<Listed> = {
  key: 'imports',
  text: tableOf([
    ['entry', (row) => row.entry],
    ['at', (row) => timeOf(row)],
    ['format', (row) => row.format],
    ['from', (row) => row.source ?? row.folder],
    ['images', (row) => row.nImages],
    ['masks', (row) => row.nInstances],
    ['state', (row) => (row.undoneBy === null ? stateWords[row.state] : `undone by ${row.undoneBy}`)],
  ]),
}

function describe({ isDryRun, import: facts, gone, nRestored }: UndoReport): string[] {
  const { images, instances, corrections, predictions, maps, scores } = gone
  const name = basename(facts.source ?? facts.folder)
  const which = `the import of ${name}, entry ${facts.entry} of the audit log, ${timeOf(facts)}`
  const since = [counted(predictions, 'prediction'), counted(maps, 'map'), counted(scores, 'score')]
  return [
    isDryRun ? `Nothing was written. This would go with ${which}:` : `Undone: ${which}. This went with it:`,
    `  ${counted(images, 'image')}, ${counted(instances, 'mask')}`,
    ...(corrections > 0 ? [`  ${counted(corrections, 'correction')} of masks that stay`] : []),
    ...(predictions + maps + scores > 0 ? [`  made since: ${since.join(', ')}`] : []),
    ...(nRestored > 0 ? [`As before it ${isDryRun ? 'would be' : 'are'} ${counted(nRestored, 'image')} more.`] : []),
    ...(isDryRun ? [] : ['Importing the same again brings it back.']),
  ].map(printable)
}

function timeOf({ at }: Pick<ImportFacts, 'at'>): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** @throws InvalidArgumentError */
function entryNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is not the number of an entry; --list tells them.')
}

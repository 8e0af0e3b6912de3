import type { Command } from 'commander'
import type { ImportReport } from '#common/contract/procedures/importing.ts'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { choice, defined } from '../option-values.ts'
import { printable } from '../printable.ts'
import { counted } from '../table.ts'
import { withProject } from '../with-project.ts'

interface Options extends CommonOptions {
  readonly format: string
  readonly images: string
  readonly annotations?: string
  readonly predictions?: string
  readonly labels?: string
  readonly as?: 'machine' | 'correction'
  readonly auditor?: string
  readonly dryRun?: true
}

export function addImport(program: Command, run: RunCommand): void {
  const command = program
    .command('import')
    .summary('bring images, labels and masks into a project')
    .description(
      'Bring images, labels and masks into a project. Says what came in, what was repaired, what was refused and why. ' +
        'Images stay where they are; importing the same again changes nothing.',
    )
    .argument('<project>', 'a project file')
    .requiredOption(
      '--format <name>',
      'folder (images in folders of their class), filename (cat.1.jpg), coco, coco-results',
    )
    .requiredOption('--images <dir>', 'folder of the images')
    .option('--annotations <file>', 'COCO annotations')
    .option('--predictions <file>', 'COCO results of a detector')
    .option(
      '--labels <rule>',
      'where the class is: folder, filename, field:NAME, category, csv:FILE (default: a guess)',
    )
    .addOption(choice('--as <what>', 'what the masks are, else machine masks', ['machine', 'correction']))
    .option('--auditor <name>', 'who made the corrections')
    .option('--dry-run', 'only say what would come in')
    .action((path: string, options: Options, command: Command) =>
      run(command, async (context) => {
        const { engine, output, messages, signal } = context
        const { format, images, annotations, predictions, labels, as, auditor, dryRun = false } = options
        const request = { format, images, dryRun, ...defined({ annotations, predictions, labels, as, auditor }) }
        const report = await withProject(context, { path, mode: dryRun ? 'read' : 'write' }, (project) =>
          engine['dataset.import']({ project, ...request }, { signal, onEvent: messages.progress }),
        )
        await output.document(report, () => describe(report))
        return exitStatus.done
      }),
    )
  addOutputOptions(command)
  addExample(
    command,
    'obalex import pets.obalex --format coco --images photos --annotations instances.json --dry-run',
    'obalex import pets.obalex --format folder --images photos',
  )
}

function describe(report: ImportReport): string[] {
  const { isDryRun, images, instances, labels, categories, labelRule, isLabelRuleGuessed, defects } = report
  const guess = isLabelRuleGuessed ? ' (a guess: say it with --labels)' : ''
  const rule = labelRule === null ? 'There are no labels.' : `Labels come from: ${labelRule}${guess}.`
  return [
    ...(isDryRun ? ['Nothing was written. This would come in:'] : []),
    `images  ${countWords(images)}`,
    `masks   ${countWords(instances)}`,
    rule,
    ...labels.map(({ label, count }) => `  ${label ?? '(no label)'}: ${counted(count, 'image')}`),
    ...(categories.length > 0 ? ['Categories of the masks:'] : []),
    ...categories.map(({ category, count }) => `  ${category ?? '(no category)'}: ${counted(count, 'mask')}`),
    ...(defects.length > 0 ? ['What is wrong with the data:'] : []),
    ...defects.map(({ words }) => `  ${words}`),
  ].map(printable)
}

function countWords(counts: Readonly<Record<string, number>>): string {
  const shown = Object.entries(counts).filter(([name, n]) => n > 0 || name === 'new')
  return shown.map(([name, n]) => `${n.toLocaleString('en')} ${name}`).join(', ')
}

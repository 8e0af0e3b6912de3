import type { Command } from 'commander'
import { AppError } from '#common/contract/errors.ts'
import type { ImportReport } from '#common/contract/procedures/importing.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { choice, defined } from '../option-values.ts'
import { printable } from '../printable.ts'
import { counted, countWords } from '../table.ts'
import { withProject } from '../with-project.ts'
import { describeMaps } from './describe-maps.ts'
import { recognisedDataset, type Dataset } from './recognised-dataset.ts'

interface Options extends CommonOptions {
  readonly format?: string
  readonly images?: string
  readonly maps?: string
  readonly method?: string
  readonly model?: string
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
    .summary('bring images, labels, masks and maps into a project')
    .description(
      'Bring images, labels, masks, or explanation maps made elsewhere, into a project. Says what came in, what was ' +
        'repaired, what was refused and why. Images stay where they are; importing the same again changes nothing.',
    )
    .argument('<project>', 'a project file')
    .option(
      '--format <name>',
      'what it is, else what the folder looks like: folder (images in folders of their class), filename (cat.1.jpg), coco, coco-results, labelme, voc, open-images, png, caltech101, cvat, yolo-seg, maps',
    )
    .option('--images <dir>', 'folder of the images (all but maps)')
    .option(
      '--annotations <path>',
      'coco, coco-results, cvat: the annotation file; labelme: the folder of the .json files, if not beside the images; voc: the folder of SegmentationObject; open-images: the folder of its tables and masks; png: the folder of the PNGs; caltech101: the folder Annotations; yolo-seg: data.yaml or the folder of the labels',
    )
    .option(
      '--predictions <file>',
      'COCO results of a detector; maps: what the classifier said, a CSV with the columns image, label, probability',
    )
    .option('--maps <dir>', 'folder of the maps, .npy or grey PNG, named like the project’s images')
    .option('--method <name>', 'what made the maps')
    .option('--model <name>', 'the classifier that they explain: one of the project’s, or a new name')
    .option(
      '--labels <rule>',
      'where the class is: folder, filename, field:NAME, category, csv:FILE (default: a guess)',
    )
    .addOption(choice('--as <what>', 'what the masks are, else machine masks', ['machine', 'correction']))
    .option('--auditor <name>', 'who made the corrections')
    .option('--dry-run', 'only say what would come in')
    .action((path: string, options: Options, command: Command) =>
      run(command, async (context) => {
        await (options.format === 'maps' ? importMaps(path, options, context) : importDataset(path, options, context))
        return exitStatus.done
      }),
    )
  addOutputOptions(command)
  addExample(
    command,
    'obalex import pets.obalex --format coco --images photos --annotations instances.json --dry-run',
    'obalex import pets.obalex --images dataset --dry-run',
    'obalex import pets.obalex --format folder --images photos',
    'obalex import pets.obalex --format maps --maps shap --method shap --model resnet --predictions said.csv',
  )
}

async function importDataset(path: string, options: Options, context: CommandContext): Promise<void> {
  const { engine, output, messages, signal } = context
  const { annotations, predictions, labels, as, auditor, dryRun = false } = options
  const given = defined({ annotations, predictions, labels, as, auditor })
  const request = { ...(await datasetOf(options, context)), dryRun, ...given }
  const report = await withProject(context, { path, mode: dryRun ? 'read' : 'write' }, (project) =>
    engine['dataset.import']({ project, ...request }, { signal, onEvent: messages.progress }),
  )
  await output.document(report, () => describe(report))
}

/** @throws AppError 'request.usage' where it is not said, and cannot be told, what is to be imported */
async function datasetOf(options: Options, context: CommandContext): Promise<Dataset> {
  const { format } = options
  if (format !== undefined) return { format, images: required(options, 'images') }
  const telling = (['maps', 'method', 'model', 'predictions'] as const).find((name) => options[name] !== undefined)
  if (telling !== undefined) {
    throw new AppError('request.usage', `--${telling} is for a --format, which is not given`, {
      hint: telling === 'predictions' ? 'Give --format coco-results or maps.' : 'Give --format maps.',
    })
  }
  return recognisedDataset(context, required(options, 'images'))
}

async function importMaps(path: string, options: Options, context: CommandContext): Promise<void> {
  const { engine, output, messages, signal } = context
  const { predictions, dryRun = false } = options
  const [maps, method, model] = (['maps', 'method', 'model'] as const).map((name) => required(options, name)) as [
    string,
    string,
    string,
  ]
  const report = await withProject(context, { path, mode: dryRun ? 'read' : 'write' }, (project) =>
    engine['maps.import'](
      { project, maps, method, model, dryRun, ...defined({ predictions }) },
      { signal, onEvent: messages.progress },
    ),
  )
  await output.document(report, () => describeMaps(report))
}

/** @throws AppError 'request.usage' */
function required(options: Options, name: 'images' | 'maps' | 'method' | 'model'): string {
  const value = options[name]
  if (value !== undefined) return value
  const what = options.format === undefined ? 'an import' : `--format ${options.format}`
  throw new AppError('request.usage', `${what} needs --${name}`, {
    hint: 'obalex import --help tells what each format needs.',
  })
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

import type { Command } from 'commander'
import { objectPicks, type ObjectPick } from '#common/classes/object-rule.ts'
import { ObjectChoice, type ClassMatching } from '#common/contract/procedures/classes.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { choice, defined, numberOf } from '../option-values.ts'
import { printable } from '../printable.ts'
import { counted } from '../table.ts'
import { withProject } from '../with-project.ts'

interface Options extends CommonOptions {
  readonly classMap?: string
  readonly minConfidence?: number
  readonly pick?: ObjectPick
}

const origins: Readonly<Record<ClassMatching['objects']['origin'], string>> = {
  file: 'by the class map file',
  guess: 'guessed',
  user: 'as the user said',
}

/** Classes that are named one by one; of more only the number is said. */
const maxNames = 6

export function addClasses(program: Command, run: RunCommand): void {
  const command = program
    .command('classes')
    .summary('say which classes mean which label')
    .description(
      'Say which classes of the models, and which categories of the masks, mean which label of the images, and which ' +
        'masks of the right category make up the object that images are scored by.',
    )
    .argument('<project>', 'a project file')
    .option(
      '--class-map <file>',
      'put this JSON in force: {"classifier": {name or number: label}, "objects": {category: label}}',
    )
    .option(
      '--min-confidence <share>',
      'only masks of this confidence or more, and those without one, are the object (0: all)',
      numberOf(ObjectChoice.shape.minConfidence),
    )
    .addOption(choice('--pick <which>', 'all of these masks are the object, or the biggest only', objectPicks))
    .action((path: string, options: Options, command: Command) =>
      run(command, async (context) => {
        const isChange = [options.classMap, options.minConfidence, options.pick].some((option) => option !== undefined)
        const mode = isChange ? 'write' : 'read'
        const matching = await withProject(context, { path, mode }, (project) => change(context, project, options))
        await context.output.document(matching, () => describe(matching))
        return exitStatus.done
      }),
    )
  addOutputOptions(command)
  addExample(command, 'obalex classes pets.obalex', 'obalex classes pets.obalex --min-confidence 0.7 --pick biggest')
}

/** Puts in force what was asked for, and gives what is in force then. */
async function change(
  { engine, signal, messages }: CommandContext,
  project: number,
  { classMap, minConfidence, pick }: Options,
): Promise<ClassMatching> {
  if (classMap !== undefined) await engine['classes.assign']({ project, file: classMap }, { signal })
  if (minConfidence === undefined && pick === undefined) return engine['classes.describe']({ project }, { signal })
  const { matching, nRescored } = await engine['objects.choose'](
    { project, choice: defined({ minConfidence, pick }) },
    { signal, onEvent: messages.progress },
  )
  messages.note(`${counted(nRescored, 'image')} scored again`)
  return matching
}

function describe({ labels, models, objects }: ClassMatching): string[] {
  return [
    'Labels of the images:',
    ...labels.map(({ label, nImages }) => `  ${label ?? '(no label)'}: ${counted(nImages, 'image')}`),
    ...models.flatMap(describeModel),
    `The object of an image is: ${objects.rule} (${origins[objects.origin]})`,
    ...objects.categories.map(
      ({ category, label, nInstances }) =>
        `  ${category ?? '(no category)'} → ${label ?? '(no label)'}: ${counted(nInstances, 'mask')}`,
    ),
  ].map(printable)
}

function describeModel({
  model,
  origin,
  groups,
  nUnmatchedClasses,
  unmatchedLabels,
}: ClassMatching['models'][number]): string[] {
  return [
    `Classes of ${model} (${origins[origin]}):`,
    ...groups.map(({ label, classes, reason }) => {
      const names = classes.slice(0, maxNames).map(({ index, name }) => name ?? `class ${index}`)
      const more = classes.length > maxNames ? ` and ${classes.length - maxNames} more` : ''
      return `  ${label} ← ${names.join('; ')}${more}${reason === null ? '' : ` (${reason})`}`
    }),
    ...(nUnmatchedClasses > 0 ? [`  ${nUnmatchedClasses} of its classes mean no label`] : []),
    ...(unmatchedLabels.length > 0 ? [`  no class means ${unmatchedLabels.join(', ')}`] : []),
  ]
}

import type { Command } from 'commander'
import type { ClassMatching } from '#common/contract/procedures/classes.ts'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { printable } from '../printable.ts'
import { counted } from '../table.ts'
import { withProject } from '../with-project.ts'

interface Options extends CommonOptions {
  readonly classMap?: string
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
    .description('Say which classes of the models, and which categories of the masks, mean which label of the images.')
    .argument('<project>', 'a project file')
    .option(
      '--class-map <file>',
      'put this JSON in force: {"classifier": {name or number: label}, "objects": {category: label}}',
    )
    .action((path: string, { classMap }: Options, command: Command) =>
      run(command, async (context) => {
        const { engine, output, signal } = context
        const mode = classMap === undefined ? 'read' : 'write'
        const matching = await withProject(context, { path, mode }, (project) =>
          classMap === undefined
            ? engine['classes.describe']({ project }, { signal })
            : engine['classes.assign']({ project, file: classMap }, { signal }),
        )
        await output.document(matching, () => describe(matching))
        return exitStatus.done
      }),
    )
  addOutputOptions(command)
  addExample(command, 'obalex classes pets.obalex', 'obalex classes pets.obalex --class-map map.json')
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

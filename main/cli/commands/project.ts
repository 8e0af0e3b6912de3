import type { Command } from 'commander'
import type { ProjectDescription } from '#common/contract/procedures/projects.ts'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { counted, pairs } from '../table.ts'
import { withProject } from '../with-project.ts'

export function addProject(program: Command, run: RunCommand): void {
  const group = program
    .command('project')
    .summary('make a project file, say what it holds')
    .description('Make a project file and look into it. A project holds masks, results and reviews of a set of images.')
    .helpCommand(false)
  addCreate(group, run)
  addInfo(group, run)
}

function addCreate(group: Command, run: RunCommand): void {
  const command = group
    .command('create')
    .description('Make an empty project file.')
    .argument('<project>', 'the file to make, such as pets.obalex')
    .action((path: string, _: CommonOptions, command: Command) =>
      run(command, async ({ engine, output, signal }) => {
        const { project } = await engine['project.create']({ path }, { signal })
        try {
          const description = await engine['project.describe']({ project }, { signal })
          await output.document(description, () => [`${description.path} is made.`])
        } finally {
          await engine['project.close']({ project })
        }
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex project create pets.obalex')
}

function addInfo(group: Command, run: RunCommand): void {
  const command = group
    .command('info')
    .description('Say what a project holds.')
    .argument('<project>', 'a project file')
    .action((path: string, _: CommonOptions, command: Command) =>
      run(command, async (context) => {
        const { engine, output, signal } = context
        const description = await withProject(context, { path, mode: 'read' }, (project) =>
          engine['project.describe']({ project }, { signal }),
        )
        await output.document(description, () => describe(description))
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex project info pets.obalex')
}

function describe(description: ProjectDescription): string[] {
  const { labels, folders } = description
  const count = (n: number): string => n.toLocaleString('en')
  return pairs([
    ['project', description.path],
    ['made', `${new Date(description.createdAt).toISOString()} by ${description.createdBy}`],
    ['images', count(description.nImages)],
    ...labels.map(({ label, nImages }) => [`  ${label ?? '(no label)'}`, counted(nImages, 'image')] as const),
    ['masks', count(description.nInstances)],
    ['models', count(description.nModels)],
    ['predictions', count(description.nPredictions)],
    ['maps', count(description.nExplanations)],
    ['scores', count(description.nScores)],
    ['audit entries', count(description.nAuditEntries)],
    ...folders.map((folder) => ['folder', folder] as const),
  ])
}

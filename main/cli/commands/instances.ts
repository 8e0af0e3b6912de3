import type { Command } from 'commander'
import type { EngineClient } from '#common/contract/index.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { printRows, tableOf, type RowLayout } from '../rows.ts'
import { decimal } from '../table.ts'
import { withProject } from '../with-project.ts'

type Page = Awaited<ReturnType<EngineClient['instances.list']>>
type Instance = Page['instances'][number]

const pageSize = 1000

export function addInstances(program: Command, run: RunCommand): void {
  const command = program
    .command('instances')
    .summary('list the masks')
    .description('List the masks of a project, and which of them make the object that images are scored by.')
    .argument('<project>', 'a project file')
    .action((path: string, _: CommonOptions, command: Command) =>
      run(command, async (context) => {
        const { output, messages } = context
        const n = await withProject(context, { path, mode: 'read' }, (project) =>
          printRows(output, instancePages(context, project), layout),
        )
        if (n === 0) messages.note('There are no masks yet: “obalex import” brings them in.')
        return exitStatus.done
      }),
    )
  addOutputOptions(command, ['jsonl'])
  addExample(command, 'obalex instances pets.obalex')
}

async function* instancePages({ engine, signal }: CommandContext, project: number): AsyncGenerator<Instance[]> {
  let after: number | null = null
  do {
    const page: Page = await engine['instances.list']({ project, after, limit: pageSize }, { signal })
    yield page.instances
    after = page.next
  } while (after !== null)
}

const layout: RowLayout<Instance> = {
  key: 'instances',
  text: tableOf([
    ['id', (row) => String(row.id)],
    ['image', (row) => row.image],
    ['label', (row) => row.label],
    ['category', (row) => row.category],
    ['score', (row) => decimal(row.score)],
    ['area', (row) => row.area],
    ['box', ({ bbox: [x, y, width, height] }) => `${width} × ${height} at ${x}, ${y}`],
    ['revision', (row) => row.revision],
    ['auditor', (row) => row.auditor],
    ['object', (row) => row.isObject],
    ['why', (row) => row.standing],
  ]),
}

import type { Command } from 'commander'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { sizeWords } from '../progress.ts'
import { pairs } from '../table.ts'
import { withProject } from '../with-project.ts'

interface Options extends CommonOptions {
  readonly out: string
}

export function addReport(program: Command, run: RunCommand): void {
  const command = program
    .command('report')
    .summary('write the audit report')
    .description(
      'Write the audit report of a project: what was examined, the scores with their intervals, the best and the worst ' +
        'images. It is one file that needs no network.',
    )
    .argument('<project>', 'a project file')
    .requiredOption('--out <file>', 'file to write; its ending says what it is: .html to read, .json for programs')
    .action((path: string, { out }: Options, command: Command) =>
      run(command, async (context) => {
        const { engine, output, messages, signal } = context
        const { path: written, bytes } = await withProject(context, { path, mode: 'read' }, (project) =>
          engine['report.write']({ project, out }, { signal, onEvent: messages.progress }),
        )
        await output.document({ path: written, bytes }, () => pairs([['written', `${written} (${sizeWords(bytes)})`]]))
        return exitStatus.done
      }),
    )
  addOutputOptions(command)
  addExample(command, 'obalex report pets.obalex --out pets.html')
}

import type { Command } from 'commander'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { pairs } from '../table.ts'

export function addBackup(program: Command, run: RunCommand): void {
  const command = program
    .command('backup')
    .summary('copy a project to another place')
    .description(
      'Copy a project to a new file, also while it is open for writing. The copy is checked before it gets its name.\n' +
        'The photos are no part of it. Nothing is overwritten.',
    )
    .argument('<project>', 'a project file')
    .argument('<out>', 'the file to make, or a folder for a file named by project and time')
    .action((path: string, out: string, _: CommonOptions, command: Command) =>
      run(command, async ({ engine, output, messages, signal }) => {
        const result = await engine['project.backup']({ path, out }, { signal, onEvent: messages.progress })
        await output.document(result, () =>
          pairs([
            ['backup', result.path],
            ['bytes', result.bytes.toLocaleString('en')],
            ['SHA-256', result.sha256],
          ]),
        )
        return exitStatus.done
      }),
    )
  addOutputOptions(command)
  addExample(command, 'obalex backup pets.obalex /media/stick')
}

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { openDesktop, serveWorkstation } from '../open-workstation.ts'
import { checkProject } from '../with-project.ts'

export function addOpen(program: Command, run: RunCommand): void {
  const command = program
    .command('open')
    .summary('the workstation; “obalex” alone does the same')
    .description(
      'Open the workstation: in a window of its own where Electron and a display are there, else in a browser on this ' +
        'machine, whose address is printed.',
    )
    .argument('[project]', 'project file to begin with')
    .action((path: string | undefined, _: CommonOptions, command: Command) =>
      run(
        command,
        async (context) => {
          const project = path === undefined ? null : await checkProject(context, resolve(path))
          if (!(await openDesktop(context, project))) await serveWorkstation(context, { project, isShown: true })
          return exitStatus.done
        },
        { hasWindows: true },
      ),
    )
  addOutputOptions(command)
  addExample(command, 'obalex open pets.obalex')
}

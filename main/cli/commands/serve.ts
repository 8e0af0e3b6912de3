import { resolve } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { serveWorkstation, usualPort } from '../open-workstation.ts'
import { numberOf } from '../option-values.ts'
import { checkProject } from '../with-project.ts'

const Port = z.number().int().min(0).max(65535)

interface Options extends CommonOptions {
  readonly port?: number
  readonly headless?: true
}

export function addServe(program: Command, run: RunCommand): void {
  const command = program
    .command('serve')
    .summary('the workstation in a browser on this machine')
    .description(
      'Serve the workstation to a browser on this machine until Ctrl+C. The address that is printed lets a browser in: ' +
        'whoever has it can do what you can do with your projects. Other machines cannot reach it.',
    )
    .argument('[project]', 'project file to begin with')
    .option('--port <number>', `port; 0 takes any that is free (default: ${usualPort}, or any)`, numberOf(Port))
    .option('--headless', 'do not open the browser')
    .action((path: string | undefined, { port, headless }: Options, command: Command) =>
      run(
        command,
        async (context) => {
          const project = path === undefined ? null : await checkProject(context, resolve(path))
          const isShown = headless !== true && context.output.format === 'text'
          await serveWorkstation(context, { project, port, isShown })
          return exitStatus.done
        },
        { hasWindows: true },
      ),
    )
  addOutputOptions(command)
  addExample(command, 'obalex serve', 'obalex serve --port 8080 pets.obalex')
}

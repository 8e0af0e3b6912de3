import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { RunningServer } from '#main/server/server.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { numberOf } from '../option-values.ts'

/** Tried first, so that the browser finds its settings again: it keeps them by port. */
const usualPort = 4747

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
          const { output, messages, signal, openFile } = context
          const project = path === undefined ? undefined : await checkProject(context, resolve(path))
          const server = await start(context, port)
          try {
            // what follows # stays in the browser, also over the redirect
            const url = project === undefined ? server.url : `${server.url}#open=${encodeURIComponent(project)}`
            await output.document({ url, port: server.port }, () => [url])
            messages.note('Ctrl+C stops it.')
            if (headless !== true && openFile !== null && output.format === 'text') await openFile(url)
            if (!signal.aborted) await once(signal, 'abort')
          } finally {
            await server.close()
          }
          return exitStatus.done
        },
        { hasWindows: true },
      ),
    )
  addOutputOptions(command)
  addExample(command, 'obalex serve', 'obalex serve --port 8080 pets.obalex')
}

async function start(
  { engine, serveEngine, messages, signal }: CommandContext,
  port: number | undefined,
): Promise<RunningServer> {
  // only here: no other command needs it
  const { startServer } = await import('#main/server/server.ts')
  const { readyPage } = await import('#main/server/page.ts')
  const note = (text: string): void => messages.note(text)
  const pageFolder = await readyPage({ note, signal })
  const options = { engine, serveEngine, pageFolder, log: note }
  try {
    return await startServer({ ...options, port: port ?? usualPort })
  } catch (error) {
    const isTaken = error instanceof AppError && error.data?.['isTaken'] === true
    if (port !== undefined || !isTaken) throw error
    note(`Port ${usualPort} is taken, so this is another one: the browser keeps its settings by port.`)
    return startServer({ ...options, port: 0 })
  }
}

/** Says before a browser opens what is wrong with a project. One that another program writes to can be looked at. */
async function checkProject({ engine, signal }: CommandContext, path: string): Promise<string> {
  try {
    await engine['project.close'](await engine['project.open']({ path, mode: 'write' }, { signal }))
  } catch (error) {
    const isReadable = error instanceof AppError && ['project.locked', 'project.read-only'].includes(error.code)
    if (!isReadable) throw error
  }
  return path
}

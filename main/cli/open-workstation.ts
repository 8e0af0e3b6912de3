import { once } from 'node:events'
import { AppError } from '#common/contract/errors.ts'
import type { RunningServer } from '#main/server/server.ts'
import type { CommandContext } from './command.ts'

/** Tried first, so that the browser finds its settings again: it keeps them by port. */
export const usualPort = 4747

/**
 * Opens the desktop window, and waits until it is closed or the person stops it.
 * @param project path of the one to begin with; null: the one of last time
 * @returns false where there can be no window
 */
export async function openDesktop(
  { messages, person, signal }: CommandContext,
  project: string | null,
): Promise<boolean> {
  if (!person.hasDisplay) return false
  const { findElectron, startDesktop } = await import('./electron.ts')
  const electron = findElectron()
  const note = (text: string): void => messages.note(text)
  if (electron === null) {
    note(
      'For a window of its own, fetch Electron once: npx install-electron (about 110 MB). Until then, a browser does.',
    )
    return false
  }
  const { readyDesktop } = await import('#main/build/parts.ts')
  const run = startDesktop(electron, { folder: await readyDesktop({ note, signal }), project, signal })
  const problem = await run.opened
  if (problem !== null && !signal.aborted) {
    note(`The window cannot be opened: ${problem}`)
    return false
  }
  note('The workstation is open. Closing its window ends this, and so does Ctrl+C; nothing is lost.')
  await run.ended
  return true
}

interface ServeOptions {
  /** path of the one to begin with; null: the one of last time */
  readonly project: string | null
  /** undefined: the usual one, or any that is free */
  readonly port?: number | undefined
  /** whether the browser is opened, too */
  readonly isShown: boolean
}

/** Serves the workstation to a browser until the person stops it; its address is printed. */
export async function serveWorkstation(
  context: CommandContext,
  { project, port, isShown }: ServeOptions,
): Promise<void> {
  const { output, messages, person, signal } = context
  const server = await startServer(context, port)
  try {
    // what follows # stays in the browser, also over the redirect
    const url = project === null ? server.url : `${server.url}#open=${encodeURIComponent(project)}`
    await output.document({ url, port: server.port }, () => [url])
    messages.note('Ctrl+C stops it.')
    if (isShown) await person.openFile?.(url)
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await server.close()
  }
}

async function startServer(
  { engine, serveEngine, messages, signal }: CommandContext,
  port: number | undefined,
): Promise<RunningServer> {
  // only here: no other command needs it
  const { startServer: start } = await import('#main/server/server.ts')
  const { readyPage } = await import('#main/build/parts.ts')
  const note = (text: string): void => messages.note(text)
  const pageFolder = await readyPage({ note, signal })
  const options = { engine, serveEngine, pageFolder, log: note }
  try {
    return await start({ ...options, port: port ?? usualPort })
  } catch (error) {
    const isTaken = error instanceof AppError && error.data?.['isTaken'] === true
    if (port !== undefined || !isTaken) throw error
    note(`Port ${usualPort} is taken, so this is another one: the browser keeps its settings by port.`)
    return start({ ...options, port: 0 })
  }
}

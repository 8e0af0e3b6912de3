import { dialog, ipcMain, type IpcMainEvent, type IpcMainInvokeEvent, type MessagePortMain } from 'electron'
import { z } from 'zod'
import { desktopChannels as channels, type PickRequest } from '#common/contract/desktop.ts'
import { isOwnSender } from './security.ts'
import type { Workstation } from './window.ts'

const PickSchema = z.strictObject({
  kind: z.enum(['project', 'new-project', 'folder', 'file']),
  title: z.string().max(200),
})
const MenusSchema = z
  .array(
    z.strictObject({
      title: z.string().max(100),
      entries: z
        .array(
          z.strictObject({
            id: z.string().max(100),
            title: z.string().max(200),
            keys: z.string().max(40).nullable(),
            isEnabled: z.boolean(),
          }),
        )
        .max(200),
    }),
  )
  .max(20)
const PathSchema = z.string().max(4096).nullable()

interface RequestsOptions {
  /** the window that a message came from; undefined where it is closed meanwhile */
  readonly windowOf: (event: IpcMainEvent | IpcMainInvokeEvent) => Workstation | undefined
  readonly connect: () => Promise<MessagePortMain>
  readonly openWindow: () => void
}

/** Answers what pages ask of the desktop. Messages of anything but our own pages are dropped, and so are odd ones. */
export function answerPages({ windowOf, connect, openWindow }: RequestsOptions): void {
  const listen = (channel: string, take: (window: Workstation, input: unknown) => void): void => {
    ipcMain.on(channel, (event, input: unknown) => {
      const window = windowOf(event)
      if (isOwnSender(event) && window) take(window, input)
    })
  }
  const answer = <T>(channel: string, make: (window: Workstation, input: unknown) => Promise<T>): void => {
    ipcMain.handle(channel, async (event, input: unknown) => {
      const window = windowOf(event)
      if (!isOwnSender(event) || !window) throw new Error('not for you')
      return make(window, input)
    })
  }

  answer(channels.connect, async ({ window }) => {
    const port = await connect()
    if (window.isDestroyed()) port.close()
    else window.webContents.postMessage(channels.enginePort, null, [port])
  })
  answer(channels.pickPath, ({ window }, input) => pickPath(window, PickSchema.parse(input)))
  listen(channels.showsProject, (window, input) => {
    const path = PathSchema.safeParse(input)
    if (path.success) window.showsProject(path.data)
  })
  listen(channels.setMenu, (window, input) => {
    const menus = MenusSchema.safeParse(input)
    if (menus.success) window.setMenus(menus.data)
  })
  listen(channels.newWindow, () => openWindow())
}

const projectFilters = [{ name: 'ObAlEx project', extensions: ['obalex'] }]

async function pickPath(window: Workstation['window'], { kind, title }: PickRequest): Promise<string | null> {
  if (kind === 'new-project') {
    const { filePath, canceled } = await dialog.showSaveDialog(window, { title, filters: projectFilters })
    return canceled || filePath === '' ? null : filePath
  }
  const { filePaths, canceled } = await dialog.showOpenDialog(window, {
    title,
    properties: [kind === 'folder' ? 'openDirectory' : 'openFile'],
    ...(kind === 'project' ? { filters: projectFilters } : {}),
  })
  return canceled ? null : (filePaths[0] ?? null)
}

import { basename, join } from 'node:path'
import { BrowserWindow, screen } from 'electron'
import type { DesktopMenu } from '#common/contract/desktop.ts'
import { desktopChannels } from '#common/contract/desktop.ts'
import { showMenus } from './menu.ts'
import { appOrigin } from './protocol.ts'
import { lockPage } from './security.ts'
import { minimumSize, placeWindow, type WindowState } from './window-state.ts'

interface WindowOptions {
  readonly title: string
  readonly last: WindowState | null
  /** path of the project to begin with; null: the one of last time */
  readonly project: string | null
  /** told when it can be seen */
  readonly onShown: () => void
  /** told how the window is left */
  readonly onLeft: (state: WindowState) => void
}

/** One window of the workstation: sandboxed, isolated, and it stays on its own page. */
export class Workstation {
  readonly window: BrowserWindow
  readonly #title: string
  #menus: readonly DesktopMenu[] = []
  #project: string | null = null

  constructor({ title, last, project, onShown, onLeft }: WindowOptions) {
    this.#title = title
    const areas = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map(({ workArea }) => workArea)
    const window = new BrowserWindow({
      ...placeWindow(last, areas),
      minWidth: minimumSize.width,
      minHeight: minimumSize.height,
      title,
      show: false,
      backgroundColor: '#0f1012',
      webPreferences: {
        preload: join(__dirname, '../preload/index.cjs'),
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        spellcheck: false,
      },
    })
    this.window = window
    lockPage(window.webContents)
    window.once('ready-to-show', () => {
      if (last?.isMaximized === true) window.maximize()
      window.show()
      onShown()
    })
    window.on('page-title-updated', (event) => event.preventDefault())
    window.on('close', () => onLeft({ ...window.getNormalBounds(), isMaximized: window.isMaximized() }))
    window.on('focus', () => this.#showMenus())
    const hash = project === null ? '' : `#open=${encodeURIComponent(project)}`
    void window.loadURL(`${appOrigin}/${hash}`)
  }

  /** Path of the project it shows; null: none. */
  get project(): string | null {
    return this.#project
  }

  showsProject(path: string | null): void {
    this.#project = path
    this.window.setTitle(path === null ? this.#title : `${basename(path)} — ${this.#title}`)
    this.window.setRepresentedFilename(path ?? '')
  }

  setMenus(menus: readonly DesktopMenu[]): void {
    this.#menus = menus
    // the first one is not focused yet where it shows up behind others
    if (this.window.isFocused() || BrowserWindow.getAllWindows().length === 1) this.#showMenus()
  }

  openProject(path: string): void {
    this.window.webContents.send(desktopChannels.openProject, path)
  }

  bringToFront(): void {
    if (this.window.isMinimized()) this.window.restore()
    this.window.focus()
  }

  #showMenus(): void {
    showMenus(this.#menus, (id) => this.window.webContents.send(desktopChannels.command, id))
  }
}

/** What the desktop host gives to its page, beside the engine's port; `window.desktop`, made by the preload script. */
export interface Desktop {
  /** as `process.platform` of Node: 'darwin', 'linux', 'win32' */
  readonly platform: string
  /** Asks for a link to the engine. Its port comes as a message of the window: `{ data: enginePortMessage, ports }`. */
  readonly connect: () => Promise<void>
  /** The process of the engine ended; ports of older Chromiums do not say so themselves. */
  readonly onEngineLost: (listener: () => void) => void
  /** Lets the person choose a path in the system's own dialog; null where they chose none. */
  readonly pickPath: (request: PickRequest) => Promise<string | null>
  /** Where a file that was dropped on the page lies. */
  readonly pathOf: (file: File) => string
  /** Tells what the window shows, for its title and for finding it again; null: no project. */
  readonly showsProject: (path: string | null) => void
  /** The person asked the system to open a project in this window. */
  readonly onOpenProject: (listener: (path: string) => void) => void
  /** Replaces the window's menus. */
  readonly setMenu: (menus: readonly DesktopMenu[]) => void
  /** An entry of a menu was chosen. */
  readonly onCommand: (listener: (id: string) => void) => void
  readonly newWindow: () => void
  /** Makes the whole interface larger or smaller than it is now. @param factor 1: back to its own size */
  readonly zoom: (factor: number) => void
}

/** `data` of the message that brings the engine's port to the page. */
export const enginePortMessage = 'obalex:engine-port'

export interface PickRequest {
  /** project: one that is there; new-project: a name for a new one; folder, file: of the user, to be read */
  readonly kind: 'project' | 'new-project' | 'folder' | 'file'
  /** of the dialog */
  readonly title: string
}

export interface DesktopMenu {
  readonly title: string
  readonly entries: readonly DesktopMenuEntry[]
}

export interface DesktopMenuEntry {
  /** of the command */
  readonly id: string
  readonly title: string
  /** as the table of commands writes them; shown, the page listens to them itself */
  readonly keys: string | null
  readonly isEnabled: boolean
}

/** Names of the messages between preload script and host; nothing else is taken or sent. */
export const desktopChannels = {
  connect: 'engine:connect',
  enginePort: 'engine:port',
  engineLost: 'engine:lost',
  pickPath: 'path:pick',
  showsProject: 'project:shown',
  openProject: 'project:open',
  setMenu: 'menu:set',
  command: 'command:run',
  newWindow: 'window:new',
} as const

import { join } from 'node:path'
import { BrowserWindow } from 'electron'

/** interface.md section 2: the smallest window that everything fits into */
const minimumSize = { minWidth: 1120, minHeight: 700 }

/** Opens the workstation's window: sandboxed, isolated, and it stays on its own page. */
export async function openWindow(): Promise<void> {
  const window = new BrowserWindow({
    ...minimumSize,
    width: 1280,
    height: 800,
    backgroundColor: '#0f1012',
    webPreferences: {
      preload: join(__dirname, '../preload/index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
    },
  })
  const { webContents } = window
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  webContents.on('will-navigate', (event) => event.preventDefault())
  webContents.session.setPermissionRequestHandler((_, __, answer) => answer(false))

  const developmentUrl = process.env['ELECTRON_RENDERER_URL']
  if (developmentUrl !== undefined) await window.loadURL(developmentUrl)
  else await window.loadFile(join(__dirname, '../renderer/index.html'))
}

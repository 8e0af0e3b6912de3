import { contextBridge, ipcRenderer, webFrame, webUtils } from 'electron'
import { desktopChannels as channels, enginePortMessage, type Desktop } from '#common/contract/desktop.ts'

/** Electron before 32 has no webUtils, and gives every file its path. */
type FileWithPath = File & { readonly path?: string }

const desktop: Desktop = {
  platform: process.platform,
  connect: () => ipcRenderer.invoke(channels.connect) as Promise<void>,
  onEngineLost: (listener) => void ipcRenderer.on(channels.engineLost, () => listener()),
  pickPath: (request) => ipcRenderer.invoke(channels.pickPath, request) as Promise<string | null>,
  pathOf: (file) => (file as FileWithPath).path ?? webUtils.getPathForFile(file),
  showsProject: (path) => ipcRenderer.send(channels.showsProject, path),
  onOpenProject: (listener) => void ipcRenderer.on(channels.openProject, (_, path: string) => listener(path)),
  setMenu: (menus) => ipcRenderer.send(channels.setMenu, menus),
  onCommand: (listener) => void ipcRenderer.on(channels.command, (_, id: string) => listener(id)),
  newWindow: () => ipcRenderer.send(channels.newWindow),
  // interface.md section 3: 80 to 200 percent; Chromium remembers it
  zoom: (factor) =>
    webFrame.setZoomFactor(Math.min(2, Math.max(0.8, factor === 1 ? 1 : webFrame.getZoomFactor() * factor))),
}

// a port cannot go through the bridge to the page's world; a message of the window can bring it
ipcRenderer.on(channels.enginePort, ({ ports }) => {
  window.postMessage(enginePortMessage, location.origin, [...ports])
})
contextBridge.exposeInMainWorld('desktop', desktop)

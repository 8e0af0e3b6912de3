import { contextBridge } from 'electron'

/** What the page learns of its host; the engine's port comes with the workstation's window. */
contextBridge.exposeInMainWorld('host', { kind: 'desktop', platform: process.platform })

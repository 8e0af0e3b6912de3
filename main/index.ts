import { app, BrowserWindow } from 'electron'
import { openWindow } from './desktop/window.ts'

/** Electron's entry. Thin on purpose: windows here, work in the engine. */
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()

app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit()
})
app.on('activate', () => {
  if (BrowserWindow.getAllWindows().length === 0) void openWindow()
})

void app.whenReady().then(openWindow)

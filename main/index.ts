import { join, resolve } from 'node:path'
import { app, BrowserWindow, dialog, protocol } from 'electron'
import { Desktop } from './desktop/desktop.ts'
import { projectArgument } from './desktop/project-argument.ts'
import { appPrivileges } from './desktop/protocol.ts'
import { userFolder } from './files/user-folder.ts'

/** Electron's entry. Thin on purpose: one program, its windows, and an engine that does the work elsewhere. */
app.setName('ObAlEx Workstation')
app.setPath('userData', join(userFolder(), 'browser'))
// its child processes lose that switch, and would not start
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
protocol.registerSchemesAsPrivileged([appPrivileges])

if (app.requestSingleInstanceLock()) runDesktop()
else app.quit() // the program that runs has been told

function runDesktop(): void {
  let desktop: Desktop | undefined
  let isStopped = false
  let requested = projectArgument(process.argv, process.cwd())

  app.on('second-instance', (_, argv, folder) => desktop?.show(projectArgument(argv, folder)))
  app.on('open-file', (event, path) => {
    event.preventDefault()
    if (desktop) desktop.show(resolve(path))
    else requested = resolve(path)
  })
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) desktop?.open(null)
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  app.on('will-quit', (event) => {
    if (isStopped || !desktop) return
    event.preventDefault()
    void desktop.stop().then(() => {
      isStopped = true
      app.quit()
    })
  })
  const start = async (): Promise<void> => {
    await app.whenReady()
    desktop = new Desktop(requested)
  }
  start().catch((error: unknown) => {
    dialog.showErrorBox(app.getName(), error instanceof Error ? error.message : String(error))
    app.exit(1)
  })
}

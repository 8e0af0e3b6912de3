import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './base.css'
import { createPinia, setActivePinia } from 'pinia'
import { createApp } from 'vue'
import { connectEngine, takeRequestedProject } from './bridge/engine.ts'
import { thumbnailUrl, tileUrl } from './bridge/pictures.ts'
import { commandsKey, createCommands } from './commands/table.ts'
import { i18n } from './messages/i18n.ts'
import AppShell from './shell/AppShell.vue'
import { useConnection } from './stores/connection.ts'
import { followAddress } from './stores/address.ts'
import DesktopNotice from './views/DesktopNotice.vue'

/** The page with its engine, as the browser's host serves it. */
function openWorkstation(): void {
  const pinia = createPinia()
  setActivePinia(pinia)
  const app = createApp(AppShell)
  app.use(pinia)
  app.use(i18n)
  app.provide(commandsKey, createCommands())
  useConnection().attach(connectEngine(), { thumbnailUrl, tileUrl })
  followAddress(takeRequestedProject())
  app.mount('#app')
}

// Electron's window loads the file, and has no engine to hand over yet
if (location.protocol === 'file:') createApp(DesktopNotice).use(i18n).mount('#app')
else openWorkstation()

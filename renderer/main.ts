import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './base.css'
import { createPinia, setActivePinia } from 'pinia'
import { createApp } from 'vue'
import { desktop } from './bridge/desktop.ts'
import { connectEngine, takeRequestedProject } from './bridge/engine.ts'
import { outlineUrl, thumbnailUrl, tileUrl } from './bridge/pictures.ts'
import { followMenus } from './commands/desktop-commands.ts'
import { commandsKey, createCommands } from './commands/table.ts'
import { i18n } from './messages/i18n.ts'
import AppShell from './shell/AppShell.vue'
import { useConnection } from './stores/connection.ts'
import { followAddress } from './stores/address.ts'
import { followWriter } from './stores/follow-writer.ts'

/** The page with its engine, in a window of the desktop program or in a browser. */
const pinia = createPinia()
setActivePinia(pinia)
const commands = createCommands()
const app = createApp(AppShell)
app.use(pinia)
app.use(i18n)
app.provide(commandsKey, commands)
useConnection().attach(connectEngine(), { thumbnailUrl, outlineUrl, tileUrl })
followAddress(takeRequestedProject())
followWriter()
if (desktop !== null) followMenus(desktop, commands)
app.mount('#app')

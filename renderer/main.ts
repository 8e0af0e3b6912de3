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

const pinia = createPinia()
setActivePinia(pinia)
const app = createApp(AppShell)
app.use(pinia)
app.use(i18n)
app.provide(commandsKey, createCommands())
useConnection().attach(connectEngine(), { thumbnailUrl, tileUrl })
followAddress(takeRequestedProject())
app.mount('#app')

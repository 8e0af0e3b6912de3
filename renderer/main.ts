import { createApp } from 'vue'
import './tokens.css'
import StartPage from './views/StartPage.vue'

createApp(StartPage).mount('#app')

import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const here = import.meta.dirname

/** The page, the same for the window and the browser. */
export default defineConfig({
  root: `${here}/renderer`,
  plugins: [vue()],
  build: {
    outDir: `${here}/out/renderer`,
    emptyOutDir: true,
    target: 'chrome108',
    // the content security policy lets no font in from a data: address
    assetsInlineLimit: 0,
    rolldownOptions: { input: `${here}/renderer/index.html` },
  },
})

import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'

const here = import.meta.dirname

/** CommonJS for Node 16: the oldest Electron that the tests drive. Dependencies stay outside. */
function commonJs(name: string, file: string) {
  return {
    build: {
      outDir: `out/${name}`,
      target: 'node16',
      rolldownOptions: {
        input: { index: `${here}/${file}` },
        output: { format: 'cjs' as const, entryFileNames: '[name].cjs' },
      },
    },
  }
}

export default defineConfig({
  main: commonJs('main', 'main/index.ts'),
  preload: commonJs('preload', 'preload/index.ts'),
  renderer: {
    root: `${here}/renderer`,
    plugins: [vue()],
    build: {
      outDir: `${here}/out/renderer`,
      emptyOutDir: true,
      target: 'chrome108',
      rolldownOptions: { input: `${here}/renderer/index.html` },
    },
  },
})

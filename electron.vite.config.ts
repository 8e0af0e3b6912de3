import { defineConfig } from 'electron-vite'
import page from './vite.page.config.ts'

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
  renderer: page,
})

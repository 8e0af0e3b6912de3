import { defineConfig } from 'vite'

/** The preload script by itself: in the sandbox it has to be one file. */
export default defineConfig({
  build: {
    ssr: true,
    outDir: 'out/preload',
    target: 'node16',
    emptyOutDir: true,
    minify: false,
    rolldownOptions: {
      input: { index: 'preload/index.ts' },
      output: { format: 'cjs', entryFileNames: '[name].cjs' },
    },
  },
})

import { defineConfig } from 'vite'

/**
 * Electron's main process and the compute process that it forks, with its thread. CommonJS for Node 16, that of the oldest Electron that
 * the tests drive; dependencies stay outside.
 */
export default defineConfig({
  build: {
    ssr: true,
    outDir: 'out/desktop',
    target: 'node16',
    emptyOutDir: true,
    minify: false,
    rolldownOptions: {
      input: {
        index: 'main/index.ts',
        'compute-process': 'main/compute/compute-process.ts',
        'wasm-worker': 'main/tensor/tfjs/wasm-worker.ts',
      },
      output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
    },
  },
})

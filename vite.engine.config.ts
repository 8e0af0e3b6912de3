import { defineConfig } from 'vite'

/**
 * The command line, the desktop's engine, the compute process and their threads for a built program: ES modules for Node 24,
 * dependencies outside. Chunks stay flat, because process and thread are found beside the file that starts them.
 */
export default defineConfig({
  build: {
    ssr: true,
    outDir: 'out/engine',
    target: 'node24',
    emptyOutDir: true,
    minify: false,
    rolldownOptions: {
      input: {
        cli: 'main/cli/index.ts',
        'engine-process': 'main/engine/process/engine-process.ts',
        'compute-process': 'main/compute/compute-process.ts',
        'draw-worker': 'main/sample/scenes/draw-worker.ts',
        'wasm-worker': 'main/tensor/tfjs/wasm-worker.ts',
      },
      output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
    },
  },
})

import { defineConfig } from 'vite'

/**
 * The command line and the compute process for a packaged program: ES modules for Node 24, dependencies outside.
 * Chunks stay flat, because the compute process is found beside the file that starts it.
 */
export default defineConfig({
  build: {
    ssr: true,
    outDir: 'out/engine',
    target: 'node24',
    emptyOutDir: true,
    minify: false,
    rolldownOptions: {
      input: { cli: 'main/cli/index.ts', 'compute-process': 'main/compute/compute-process.ts' },
      output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
    },
  },
})

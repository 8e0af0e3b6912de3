import { join } from 'node:path'

// as bin/obalex.mjs has it: the processes that tests start come up in half the time
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../../node_modules/.cache/obalex')

import { portLink } from '#common/contract/links/port.ts'
import { serve, type Link } from '#common/contract/rpc.ts'
import { parentPort } from '#main/process/parent-port.ts'
import { processLink } from '#main/process/process-link.ts'
import { computeContract } from './contract.ts'
import { computeHandlers } from './handlers.ts'

/**
 * A compute process: started by a host, serves the compute contract to the engine, ends when the engine is gone. A
 * child of Node serves over its channel, a utility process of Electron over the port that its first message brings.
 */
function serveEngine(link: Link): void {
  let nErrors = 0
  link.onClose(() => process.exit(0))
  serve(computeContract, computeHandlers(), link, {
    onInternalError: (error, procedure) => {
      const id = `compute-${process.pid}-${++nErrors}`
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
      process.stderr.write(`${id} ${procedure}: ${stack}\n`)
      return id
    },
  })
}

const parent = parentPort()
if (parent) {
  parent.on('message', ({ ports: [port] }) => {
    if (port) serveEngine(portLink(port))
  })
} else if (process.send) {
  serveEngine(processLink(process))
} else {
  process.stderr.write('This is the compute process of ObAlEx; the program starts it by itself.\n')
  process.exit(2)
}
// these reach the whole process group (Ctrl+C, a closed terminal, a stopped service): the engine ends its work in order,
// and this process with it
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

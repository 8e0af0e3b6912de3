import { serve } from '#common/contract/rpc.ts'
import { computeContract } from './contract.ts'
import { computeHandlers } from './handlers.ts'
import { processLink } from './process-link.ts'

/** A compute process: started by a host, serves the compute contract to the engine, ends when the engine is gone. */
if (!process.send) {
  process.stderr.write('This is the compute process of ObAlEx; the program starts it by itself.\n')
  process.exit(2)
}
process.on('disconnect', () => process.exit(0))
// these reach the whole process group (Ctrl+C, a closed terminal, a stopped service): the engine ends its work in order,
// and this process with it
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

let nErrors = 0
serve(computeContract, computeHandlers(), processLink(process), {
  onInternalError: (error, procedure) => {
    const id = `compute-${process.pid}-${++nErrors}`
    process.stderr.write(
      `${id} ${procedure}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    return id
  },
})

import { portLink } from '#common/contract/links/port.ts'
import { connect, serve } from '#common/contract/rpc.ts'
import { computeContract } from '#main/compute/contract.ts'
import { HostCompute } from '#main/engine/process/host-compute.ts'
import { utilityLine } from '#main/engine/process/host-line.ts'
import { parentPort } from '#main/process/parent-port.ts'
import { echoContract } from './contract.ts'

/** The process of an echo engine: it keeps to what a host expects of an engine, over the same line. */
const line = utilityLine(parentPort()!)
const compute = new HostCompute(line)

line.onMessage((message, port) => {
  if (message.type === 'stop') process.exit(0)
  else if (message.type === 'compute-ended') compute.ended(message.compute, message.why)
  else if (!port) return
  else if (message.type === 'compute-started') compute.started(message.compute, message.pid, port)
  else {
    serve(
      echoContract,
      {
        'echo.values': (input) => Promise.resolve({ ...input, pid: process.pid }),
        'echo.compute': async () => {
          const child = compute.start()
          const reports = await connect(computeContract, child.link)['runtime.probe']({})
          child.link.close()
          await child.exited
          return { usable: reports.filter(({ isUsable }) => isUsable).map(({ id }) => id), pid: child.pid! }
        },
      },
      portLink(port),
      { onInternalError: (error) => String(error) },
    )
  }
})
line.send({ type: 'ready' })

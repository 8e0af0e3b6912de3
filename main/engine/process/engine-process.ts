import { join } from 'node:path'
import { portLink } from '#common/contract/links/port.ts'
import { userFolder } from '#main/files/user-folder.ts'
import { parentPort } from '#main/process/parent-port.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import { createEngine } from '../engine.ts'
import { HostCompute } from './host-compute.ts'
import { childLine, utilityLine, type HostLine } from './host-line.ts'

/**
 * The process of the engine: started by the desktop host, serves its windows, and ends with it. A utility process of
 * Electron, or a child of Node where Electron's own Node is too old.
 */
function serveHost(line: HostLine): void {
  const compute = new HostCompute(line)
  const ending = new AbortController()
  const log = (text: string): void => line.send({ type: 'log', line: text })
  const engine = createEngine({
    startCompute: compute.start,
    version: packageJson.version,
    recentFile: join(userFolder(), 'recent.json'),
    speedFile: join(userFolder(), 'speeds.json'),
    note: log,
    log,
    ending: ending.signal,
  })
  let ended: Promise<void> | undefined
  const end = (): Promise<void> =>
    (ended ??= engine
      .dispose()
      .catch((error: unknown) => log(`a project was not closed: ${String(error)}`))
      // what is said last is on its way still
      .then(() => void setTimeout(() => process.exit(0), 50)))

  line.onMessage((message, port) => {
    switch (message.type) {
      case 'window':
        if (port) engine.serve(portLink(port))
        break
      case 'compute-started':
        if (port) compute.started(message.compute, message.pid, port)
        break
      case 'compute-ended':
        compute.ended(message.compute, message.why)
        break
      case 'stop':
        void end()
    }
  })
  line.onClose(() => {
    ending.abort() // nobody waits for a backup
    void end()
  })
  // these reach the whole process group (Ctrl+C, a closed terminal, a stopped service): the host says when to end
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  line.send({ type: 'ready' })
}

const parent = parentPort()
if (parent) serveHost(utilityLine(parent))
else if (process.send) serveHost(childLine())
else {
  process.stderr.write('This is the engine of ObAlEx; the program starts it by itself.\n')
  process.exit(2)
}

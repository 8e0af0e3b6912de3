import { join } from 'node:path'
import { app } from 'electron'
import { portLink } from '#common/contract/links/port.ts'
import { connect, type Client } from '#common/contract/rpc.ts'
import { forkCompute } from '#main/desktop/compute-child.ts'
import { utilityEngine } from '#main/desktop/engine-child.ts'
import { EngineHost } from '#main/desktop/engine-host.ts'
import { echoContract } from './contract.ts'

/** A desktop program without windows, whose engine is an echo in a utility process. The test drives it from outside. */
export interface EchoDesktop {
  readonly host: EngineHost
  readonly connect: () => Promise<Client<typeof echoContract>>
  readonly lost: string[]
}

void app.whenReady().then(() => {
  const lost: string[] = []
  const host = new EngineHost({
    startEngine: utilityEngine(join(__dirname, 'echo-engine.cjs'), __dirname),
    forkCompute: () => forkCompute(join(__dirname, 'compute-process.cjs')),
    onLost: (why) => void lost.push(why),
    log: () => undefined,
  })
  const echo: EchoDesktop = {
    host,
    connect: async () => connect(echoContract, portLink(await host.connect())),
    lost,
  }
  Object.assign(globalThis, { echo })
})

import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { contract } from '#common/contract/index.ts'
import { maxFrameBytes } from '#common/contract/links/frame.ts'
import { socketLink } from '#common/contract/links/socket.ts'
import { call, connect } from '#common/contract/rpc.ts'
import { startServer } from '#main/server/server.ts'
import { Bridge, type BridgeState } from '../../../renderer/bridge/bridge.ts'
import { dialSocket } from '../../../renderer/bridge/dial-socket.ts'
import { codeOf } from '../engine/engine-tools.ts'
import { openSocket, startTestServer, usePageFolder, type TestServer } from './server-tools.ts'

const folder = usePageFolder()
let server: TestServer
beforeAll(async () => {
  server = await startTestServer(folder)
})
afterAll(() => server.close())

/** The page's own way to a server; the cookie is what its browser would add. */
function bridgeTo(target: () => TestServer): Bridge {
  const open = (): WebSocket => {
    const { cookie, base } = target()
    return new WebSocket(`${base.replace('http', 'ws')}/engine`, { headers: { cookie, origin: base } })
  }
  const bridge = new Bridge({ dial: () => dialSocket(open), firstWaitMs: 10, longestWaitMs: 50 })
  onTestFinished(() => bridge.dispose())
  return bridge
}

async function open(): Promise<WebSocket> {
  const { socket, outcome } = openSocket(server.port, { cookie: server.cookie, origin: server.base })
  expect(await outcome).toBe(101)
  return socket
}

function state(bridge: Bridge, wanted: BridgeState): Promise<void> {
  return new Promise((resolve) => {
    const stop = bridge.onState((now) => {
      if (now !== wanted) return
      queueMicrotask(() => stop())
      resolve()
    })
  })
}

describe('the engine over a WebSocket', () => {
  it('answers the contract, arrays and errors among it', async () => {
    const { client } = bridgeTo(() => server)
    const { project } = await client['project.create']({ path: join(folder, 'contract.obalex') })
    expect(await client['project.describe']({ project })).toMatchObject({ isWritable: true, nImages: 0 })
    expect(await codeOf(client['project.describe']({ project: 999 }))).toBe('record.missing')
    expect(await codeOf(client['project.describe']({ project: 'x' as never }))).toBe('request.invalid')
  })

  it('knows no procedure that is not in the contract', async () => {
    const other = connect(
      { 'file.read': call(contract['project.close'].input, contract['project.close'].output) },
      socketLink(await open()),
    )
    expect(await codeOf(other['file.read']({ project: 1 }))).toBe('request.unknown')
  })

  it.each([
    ['is too large', () => new Uint8Array(maxFrameBytes + 1), 1009],
    ['cannot be read', () => new Uint8Array([0xc1, 0xc1]), 4007],
    ['is text', () => '{"type":"request"}', 4007],
  ])('closes a connection at a frame that %s, and lives on', async (_, frame, code) => {
    const { client } = bridgeTo(() => server)
    await client['recent.list']({})
    const bad = await open()
    const closed = once(bad, 'close')
    bad.send(frame())
    expect((await closed)[0]).toBe(code)
    expect(await client['recent.list']({})).toEqual({ projects: [] })
    expect(await connect(contract, socketLink(await open()))['recent.list']({})).toEqual({ projects: [] })
  })

  it('lets one window write a project, and the next one once that is gone', async () => {
    const [first, second] = [bridgeTo(() => server), bridgeTo(() => server)]
    const path = join(folder, 'shared.obalex')
    const { project } = await first.client['project.create']({ path })
    const take = (): Promise<{ project: number }> => second.client['project.open']({ path, mode: 'write' })
    expect(await codeOf(take())).toBe('project.locked')
    first.dispose()
    await vi.waitFor(async () => expect(await take()).toEqual({ project }))
    expect(await second.client['project.describe']({ project })).toMatchObject({ isWritable: true })
  })
})

describe('the bridge', () => {
  it('fails what was under way when the server is gone, and is up again when it is back', async () => {
    let target = await startTestServer(folder)
    const bridge = bridgeTo(() => target)
    const states: BridgeState[] = []
    bridge.onState((now) => states.push(now))
    const { project } = await bridge.client['project.create']({ path: join(folder, 'again.obalex') })
    const pending = codeOf(bridge.client['engine.diagnose']({}))
    await target.close()
    expect(await pending).toBe('link.closed')
    expect(await codeOf(bridge.client['recent.list']({}))).toBe('link.closed')
    expect(states).toEqual(['connecting', 'up', 'down'])

    target = await startTestServer(folder)
    onTestFinished(() => target.close())
    await state(bridge, 'up')
    const path = join(folder, 'again.obalex')
    // another engine: no picture that was kept under the handle of the first one is taken for one of now
    const again = await bridge.client['project.open']({ path, mode: 'write' })
    expect(again.project).not.toBe(project)
    expect(states).toEqual(['connecting', 'up', 'down', 'up'])
  })

  it('holds calls until the first connection is there or is refused', async () => {
    const refused = bridgeTo(() => ({ ...server, cookie: '' }))
    expect(refused.state).toBe('connecting')
    expect(await codeOf(refused.client['recent.list']({}))).toBe('link.closed')
    expect(refused.state).toBe('down')
    const let_in = bridgeTo(() => server)
    expect(await let_in.client['recent.list']({})).toEqual({ projects: [] })
  })

  it('tries no more when it is disposed', async () => {
    const bridge = bridgeTo(() => server)
    await state(bridge, 'up')
    bridge.dispose()
    expect(bridge.state).toBe('down')
    expect(await codeOf(bridge.client['recent.list']({}))).toBe('link.closed')
  })
})

it('a port that is taken is told by its number', async () => {
  const options = {
    engine: server.engine.connect(),
    serveEngine: () => undefined,
    pageFolder: folder,
    log: () => undefined,
  }
  await expect(startServer({ ...options, port: server.port })).rejects.toMatchObject({
    code: 'server.port',
    data: { port: server.port, isTaken: true },
  })
})

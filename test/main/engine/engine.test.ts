import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '#common/contract/rpc.ts'
import { contract } from '#common/contract/index.ts'
import { createMemoryLinks } from '#common/contract/links/memory.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { gone } from '../../builders/processes.ts'
import { codeOf, errorOf, folderIn, useEngine, useFolder } from './engine-tools.ts'

const root = useFolder()
const { engine, client } = useEngine()

describe('the engine', () => {
  it('says what it runs on, and probes every runtime', async () => {
    const report = await client['engine.diagnose']({})
    expect(report).toMatchObject({ version: 'test', node: process.version })
    expect(report.cpus).toBeGreaterThan(0)
    expect(report.memoryBytes).toBeGreaterThan(2 ** 20)
    expect(report.runtimes.map(({ id }) => id)).toEqual(['tensorflow', 'onnx', 'wasm'])
    for (const name of ['onnxruntime-node', '@tensorflow/tfjs', 'better-sqlite3', 'sharp']) {
      expect(report.packages[name]).toMatch(/^\d+\.\d+\.\d+/)
    }
  })

  it('probes in a new compute process where it is asked to look again', async () => {
    await client['engine.diagnose']({})
    const before = engine.computePid!
    await client['engine.diagnose']({})
    expect(engine.computePid).toBe(before)
    const { runtimes } = await client['engine.diagnose']({ isFresh: true })
    expect(engine.computePid).not.toBe(before)
    expect(runtimes.find(({ id }) => id === 'wasm')).toMatchObject({ isUsable: true })
    await gone(before)
  })

  it('serves any number of clients, and outlives each of them', async () => {
    const links = createMemoryLinks()
    engine.serve(links[1])
    const other = connect(contract, links[0])
    const path = `${folderIn(root)}/shared.obalex`
    const { project } = await other['project.create']({ path })
    links[0].close()
    expect(await codeOf(other['project.describe']({ project }))).toBe('link.closed')
    expect(await client['project.open']({ path, mode: 'write' })).toEqual({ project })
    expect((await client['project.describe']({ project })).path).toBe(path)
    await client['project.close']({ project })
  })

  it('refuses what is not in the contract before any handler runs', async () => {
    expect(await codeOf(client['project.describe']({ project: -1 }))).toBe('request.invalid')
    expect(await codeOf(client['mask.describe']({ mask: 'a.png', more: 1 } as never))).toBe('request.invalid')
  })

  it('writes a fault of the program to the log, and names the place there', async () => {
    const log: string[] = []
    const faulty = createEngine({
      startCompute: () => {
        throw new TypeError('no way to start')
      },
      version: 'test',
      log: (line) => log.push(line),
    })
    onTestFinished(() => faulty.dispose())
    const error = await errorOf(faulty.connect()['engine.diagnose']({}))
    expect(error).toMatchObject({ code: 'internal', data: { id: 'engine-1' } })
    expect(log).toHaveLength(1)
    expect(log[0]).toMatch(/^engine-1 engine\.diagnose: TypeError: no way to start\n\s+at /)
  })

  it('takes its compute process with it, and starts none any more', async () => {
    const own = createEngine({ startCompute: startComputeChild, version: 'test' })
    const ownClient = own.connect()
    await ownClient['engine.diagnose']({})
    const pid = own.computePid!
    await own.dispose()
    await gone(pid)
    expect(await codeOf(ownClient['engine.diagnose']({}))).toBe('link.closed')
    await own.dispose()
  })
})

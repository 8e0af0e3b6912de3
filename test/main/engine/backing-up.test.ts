import { hash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Progress } from '#common/contract/procedures/common.ts'
import { addImages, makeProject } from '../../builders/project.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { overwrite } from '../../builders/damage.ts'
import { codeOf, inspect, useEngine } from './engine-tools.ts'

const { client } = useEngine({ now: () => Date.UTC(2026, 10, 24, 17, 52, 5, 123) })

describe('project.backup', () => {
  it('copies a project that is open elsewhere, and gives size and hash of the copy', async () => {
    const project = await makeProject({ images: 500 })
    const out = join(temporaryFolder(), 'b.obalex')
    const events: Progress[] = []
    const result = await client['project.backup']({ path: project.path, out }, { onEvent: (e) => events.push(e) })
    const bytes = readFileSync(out)
    expect(result).toEqual({ path: out, bytes: bytes.length, sha256: hash('sha256', bytes) })
    expect(await inspect(out)).toEqual(await inspect(project.path))
    expect((await client['project.verify']({ path: out })).ok).toBe(true)
    expect(events.map(({ step }) => step)).toContain('copying')
  })

  it('names it by project and time in a folder', async () => {
    const project = await makeProject({ images: 1 })
    const out = temporaryFolder()
    const { path } = await client['project.backup']({ path: project.path, out })
    expect(path).toBe(join(out, 'test-2026-11-24T17-52-05Z.obalex'))
    expect(statSync(path).size).toBeGreaterThan(0)
    expect(readdirSync(out)).toHaveLength(1)
  })

  it('overwrites nothing, makes no folder, and copies nothing damaged', async () => {
    const project = await makeProject({ images: 500 })
    const folder = temporaryFolder()
    const backup = (out: string) => codeOf(client['project.backup']({ path: project.path, out }))
    expect(await backup(project.path)).toBe('file.exists')
    expect(await backup(join(folder, 'no', 'b.obalex'))).toBe('file.missing')
    await project.close()
    overwrite(project.path, statSync(project.path).size - 8192, Buffer.alloc(4096, 0x5a))
    expect(await backup(join(folder, 'b.obalex'))).toBe('project.corrupt')
    expect(readdirSync(folder)).toEqual([])
  })

  it('stops when it is cancelled, and leaves nothing behind', async () => {
    const project = await makeProject()
    const source = { filler: 'x'.repeat(4000) }
    for (let turn = 0; turn < 10; turn++) {
      await addImages(project, 500, (index) => ({ file: `${turn}/${index}`, source }))
    }
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'out'))
    const cancel = new AbortController()
    const input = { path: project.path, out: join(folder, 'out') }
    const backup = client['project.backup'](input, { signal: cancel.signal, onEvent: () => cancel.abort() })
    expect(await codeOf(backup)).toBe('aborted')
    expect(readdirSync(join(folder, 'out'))).toEqual([])
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startObalex, type Started } from '../../builders/obalex-process.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { ask } from '../server/server-tools.ts'
import { obalex, obalexJson } from './run-cli.ts'

interface Serving {
  readonly url: string
  readonly port: number
}

/** What the command says once it serves. */
async function serving({ child, ended }: Started): Promise<Serving> {
  let said = ''
  const complete = new Promise<Serving>((resolve) => {
    child.stdout!.on('data', (text: string) => {
      said += text
      if (said.endsWith('}\n')) resolve(JSON.parse(said) as Serving)
    })
  })
  const early = ended.then(({ status, stderr }) => {
    throw new Error(`it ended with ${status}: ${stderr}`)
  })
  return Promise.race([complete, early])
}

async function makeProject(path: string): Promise<void> {
  await obalexJson(['project', 'create', path])
}

describe('obalex serve', () => {
  it('serves the page with the engine behind it until Ctrl+C, which is its normal end', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'pets & co.obalex')
    await makeProject(path)
    const env = { OBALEX_HOME: join(folder, 'home') }
    const started = startObalex(['serve', path, '--port', '0', '--json'], { env })
    const { url, port } = await serving(started)
    expect(url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/\\?token=[\\w-]{43}#open=`))
    expect(new URLSearchParams(new URL(url).hash.slice(1)).get('open')).toBe(path)

    const letIn = await ask(port, `/${new URL(url).search}`)
    expect(letIn.status).toBe(303)
    const cookie = letIn.headers['set-cookie']![0]!.split(';')[0]!
    const page = (await ask(port, '/', { headers: { cookie } })).body.toString()
    const [, script] = /<script[^>]* src="\.?(\/assets\/[^"]+\.js)"/.exec(page)!
    const answer = await ask(port, script!, { headers: { cookie } })
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toContain('immutable')

    started.child.kill('SIGINT')
    expect(await started.ended).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('Ctrl+C stops it.') as string,
    })
    expect(existsSync(`${path}-wal`)).toBe(false)
    const recent = JSON.parse(readFileSync(join(folder, 'home/recent.json'), 'utf8')) as object
    expect(recent).toMatchObject({ projects: [{ path }] })
  })

  it('says before it serves what is wrong with a project', async () => {
    const ended = await obalex(['serve', join(temporaryFolder(), 'none.obalex')])
    expect(ended).toMatchObject({ status: 1, stdout: '' })
    expect(ended.stderr).toContain('none.obalex')
  })

  it('says that the port it was given is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const ended = await obalex(['serve', '--port', String(port)])
    expect(ended).toMatchObject({ status: 1, stdout: '' })
    expect(ended.stderr).toContain(`port ${port} cannot be had: another program uses it — Choose another one`)
  })

  it.each(['65536', '-1', '80.5', 'http'])('takes no port %s', async (port) => {
    expect(await obalex(['serve', `--port=${port}`])).toMatchObject({ status: 2, stdout: '' })
  })
})

describe('other commands', () => {
  it('remember no projects', async () => {
    const folder = temporaryFolder()
    const env = { OBALEX_HOME: join(folder, 'home') }
    const { status } = await startObalex(['project', 'create', join(folder, 'a.obalex')], { env }).ended
    expect(status).toBe(0)
    expect(existsSync(join(folder, 'home'))).toBe(false)
  })
})

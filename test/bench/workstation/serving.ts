import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Serving {
  /** lets a browser in */
  readonly url: string
  /** from the start of the command to its address, ms */
  readonly startedMs: number
  stop(): Promise<void>
}

/** Starts `obalex serve` for a project as people do, in a home folder of its own. */
export async function serveProject(project: string): Promise<Serving> {
  const home = mkdtempSync(join(tmpdir(), 'obalex-bench-home-'))
  const entry = join(import.meta.dirname, '../../../bin/obalex.mjs')
  const start = performance.now()
  const child = spawn(process.execPath, [entry, 'serve', project, '--headless', '--port', '0'], {
    env: { ...process.env, OBALEX_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += String(text)
    if (said.includes('\n')) break
  }
  const [url] = /http:\/\/\S+/.exec(said) ?? []
  if (url === undefined) throw new Error(`serve said no address: ${said}`)
  return {
    url,
    startedMs: performance.now() - start,
    async stop() {
      child.kill('SIGINT')
      if (child.exitCode === null) await once(child, 'exit')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

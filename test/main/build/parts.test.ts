import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readyPage } from '#main/build/parts.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { codeOf } from '../engine/engine-tools.ts'

const { signal } = new AbortController()

/** A checkout with a page of one line, last changed a minute ago. */
function makeCheckout(): string {
  const root = temporaryFolder()
  for (const folder of ['renderer', 'common', 'resources']) mkdirSync(join(root, folder))
  const files = {
    'renderer/index.html': '<!doctype html><script type="module" src="./main.ts"></script>',
    'renderer/main.ts': 'document.title = "first"',
    'common/rules.ts': 'export {}',
    'resources/icon.svg': '<svg/>',
    'vite.page.config.ts': 'export default { root: `${import.meta.dirname}/renderer`, build: { emptyOutDir: true } }',
    'package.json': '{"type": "module"}',
    'package-lock.json': '{}',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  for (const name of [...Object.keys(files), 'renderer', 'common']) age(join(root, name), 60)
  symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(root, 'node_modules'))
  return root
}

function age(path: string, seconds: number): void {
  const at = Date.now() / 1000 - seconds
  utimesSync(path, at, at)
}

async function ready(root: string): Promise<{ readonly script: string; readonly notes: number }> {
  const notes: string[] = []
  const folder = await readyPage({ note: (text) => notes.push(text), signal, root })
  const [name] = readdirSync(join(folder, 'assets')).filter((file) => file.endsWith('.js'))
  return { script: readFileSync(join(folder, 'assets', name!), 'utf8'), notes: notes.length }
}

describe('the page of a checkout', () => {
  it('is built where there is none, and again after a change, and says so', async () => {
    const root = makeCheckout()
    expect(await ready(root)).toEqual({ script: expect.stringContaining('first') as string, notes: 1 })
    expect((await ready(root)).notes).toBe(0)
    writeFileSync(join(root, 'renderer/main.ts'), 'document.title = "second"')
    age(join(root, 'renderer/main.ts'), -1)
    expect(await ready(root)).toEqual({ script: expect.stringContaining('second') as string, notes: 1 })
    expect(readdirSync(join(root, 'out'))).toEqual(['renderer'])
  })

  it('stays what it was where the new one cannot be built, and says what is wrong', async () => {
    const root = makeCheckout()
    const { script } = await ready(root)
    writeFileSync(join(root, 'renderer/main.ts'), 'import "./nowhere.ts"')
    age(join(root, 'renderer/main.ts'), -1)
    await expect(readyPage({ note: () => undefined, signal, root })).rejects.toMatchObject({
      code: 'server.page',
      message: expect.stringContaining('./nowhere.ts') as string,
    })
    const [name] = readdirSync(join(root, 'out/renderer/assets'))
    expect(readFileSync(join(root, 'out/renderer/assets', name!), 'utf8')).toBe(script)
    expect(readdirSync(join(root, 'out'))).toEqual(['renderer'])
  })

  it('may be built by several programs at once', async () => {
    const root = makeCheckout()
    for (const { script } of await Promise.all([1, 2, 3].map(() => ready(root)))) expect(script).toContain('first')
    expect(readdirSync(join(root, 'out'))).toEqual(['renderer'])
  })

  it('is not built by a program that is to end', async () => {
    const root = makeCheckout()
    expect(await codeOf(readyPage({ note: () => undefined, signal: AbortSignal.abort(), root }))).toBe('aborted')
    expect(readdirSync(join(root, 'out'))).toEqual([])
  })
})

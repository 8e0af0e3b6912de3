import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findElectron, startDesktop } from '#main/cli/electron.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

/** A program in Electron's place. */
function program(script: string): string {
  const folder = temporaryFolder()
  const path = join(folder, 'electron')
  writeFileSync(path, `#!${process.execPath}\n${script}\n`)
  chmodSync(path, 0o755)
  return folder
}

describe('Electron', () => {
  it('is taken from the folder that the environment names, where it is there', () => {
    const folder = program('')
    expect(findElectron({ ELECTRON_OVERRIDE_DIST_PATH: folder })).toBe(join(folder, 'electron'))
    expect(findElectron({ ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'nowhere') })).toBeNull()
  })

  it.runIf(process.platform !== 'win32')('that cannot show a window says why, so that a browser can do', async () => {
    const electron = join(program('console.error("Error: Missing X server or $DISPLAY"); process.exit(1)'), 'electron')
    const { signal } = new AbortController()
    const run = startDesktop(electron, { folder: '/program', project: null, signal })
    expect(await run.opened).toBe('it ended with status 1; it last said: Error: Missing X server or $DISPLAY')
    await run.ended
  })

  it.runIf(process.platform !== 'win32')('is asked to end where the command is', async () => {
    const script = 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000); process.send("shown")'
    const controller = new AbortController()
    const run = startDesktop(join(program(script), 'electron'), {
      folder: '/program',
      project: '/pets.obalex',
      signal: controller.signal,
    })
    expect(await run.opened).toBeNull()
    controller.abort()
    await run.ended
  })

  it('that cannot even be started says so', async () => {
    const { signal } = new AbortController()
    const run = startDesktop(join(temporaryFolder(), 'electron'), { folder: '/program', project: null, signal })
    expect(await run.opened).toContain('ENOENT')
    await run.ended
  })
})

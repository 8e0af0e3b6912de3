import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeWithBuildTools } from '../../builders/build-tools.ts'
import { describeWithNative, nativeBuild } from '../../builders/native-tensorflow.ts'
import { startObalex, type Started } from '../../builders/obalex-process.ts'
import { silentServer } from '../../builders/silent-server.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const entry = join(import.meta.dirname, '../../../main/cli/build-tensorflow.ts')

function startBuild(args: readonly string[], env: Readonly<Record<string, string>>): Started {
  return startObalex(args, { command: [process.execPath, entry], env })
}

describe('npm run tensorflow:build', () => {
  it('says how it is used where it is used otherwise', async () => {
    const builds = temporaryFolder()
    for (const args of [['--cuda'], ['2.15.1']]) {
      const { status, stderr } = await startBuild(args, { OBALEX_TENSORFLOW: builds }).ended
      expect(status).toBe(2)
      expect(stderr).toBe('usage: npm run tensorflow:build -- [--version 2.15.1] [--gpu] [--force]\n')
    }
    const { status, stderr } = await startBuild(['--version', 'latest'], { OBALEX_TENSORFLOW: builds }).ended
    expect(status).toBe(2)
    expect(stderr).toContain('a version has the form 2.15.1')
  })
})

describeWithBuildTools('npm run tensorflow:build, while it waits for the registry', () => {
  it('shows where it is, and leaves nothing when it is stopped', async () => {
    const { address, asked } = await silentServer()
    const builds = temporaryFolder()
    const { child, ended } = startBuild([], { OBALEX_TENSORFLOW: builds, PIP_INDEX_URL: `${address}/simple` })
    await asked
    expect(readdirSync(builds)).toEqual([expect.stringMatching(new RegExp(`^building-${child.pid}-`))])
    child.kill('SIGINT')
    const { status, stdout, stderr } = await ended
    expect(status).toBe(130)
    expect(stdout).toMatch(/^1 of 6: looking for .* … \d+ s\n2 of 6: downloading tensorflow-cpu==2\.15\.1 … \d+ s\n$/)
    expect(stderr).toBe('obalex: stopped — Give the same command again to have it done.\n')
    expect(readdirSync(builds)).toEqual([])
  })
})

describeWithNative('npm run tensorflow:build, a second time', () => {
  it('says that it was built before, where it lies and how fast it is', async () => {
    const builds = dirname(nativeBuild!.folder)
    const args = ['--version', nativeBuild!.version, ...(nativeBuild!.gpu ? ['--gpu'] : [])]
    const { status, stdout } = await startBuild(args, { OBALEX_TENSORFLOW: builds }).ended
    expect(stdout).toMatch(/was built before: it works, \d+ GFLOP\/s\.\n/)
    expect(stdout).toContain(`It lies in ${nativeBuild!.folder}\n`)
    expect(status).toBe(0)
  })
})

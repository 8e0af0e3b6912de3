import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCommandLine } from '#main/cli/command-line.ts'
import type { ProjectVerification } from '#common/contract/procedures/projects.ts'
import { openProject } from '#main/project/open.ts'
import { overwrite, tamper } from '../../builders/damage.ts'
import { startObalex } from '../../builders/obalex-process.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { colours, writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

/** A project with three plain images, a mask on each, and Grad-CAM scores, made by commands. */
async function makeProject(): Promise<{ folder: string; project: string; photos: string }> {
  const folder = temporaryFolder()
  const [project, photos] = [join(folder, 'p.obalex'), join(folder, 'photos')]
  await writeColourPhotos(photos, 1)
  const model = await writeSmallModel(join(folder, 'model'), { labels: colours })
  const annotations = join(photos, 'instances.json')
  await obalexJson(['project', 'create', project])
  await obalexJson(['import', project, '--format', 'coco', '--images', photos, '--annotations', annotations])
  await obalexJson(['run', project, '--models', model, '--methods', 'gradcam'])
  return { folder, project, photos }
}

const oneLine = expect.stringMatching(/^obalex: [^\n]+ — [^\n]+\n$/) as string

describe('verify', () => {
  it('says what was checked, with status 0', async () => {
    const { project } = await makeProject()
    const text = await obalex(['verify', project])
    expect(text).toMatchObject({ status: 0, stderr: '' })
    expect(text.stdout).toMatch(/^\S+p\.obalex is whole[^\n]*\nfile +\d+ pages, \d+ tables/)
    expect(text.stdout).not.toContain('computed again')
    const recomputed = await obalex(['verify', project, '--recompute'])
    expect(recomputed.stdout).toMatch(/^scores +3 scores computed again, equal$/m)
    expect(recomputed.stdout).toMatch(/^photos +3 photos as they were, 0 missing, 0 changed/m)
    const json = await obalexJson<ProjectVerification>(['verify', project])
    expect(Object.keys(json)).toEqual('ok path writer checked photos notes broken'.split(' '))
    expect(json).toMatchObject({ ok: true, path: project, broken: null, checked: { maskRevisions: 3, scores: null } })
  })

  it('names the first broken thing in one line, with status 1, and prints the document where it is asked for', async () => {
    const { folder, project } = await makeProject()
    const broken = join(folder, 'broken.obalex')
    copyFileSync(project, broken)
    tamper(broken, (database) => {
      database.prepare("UPDATE audit_log SET actor = 'nobody' WHERE seq = 2").run()
      database.prepare('UPDATE score SET auc = 0').run()
    })
    const text = await obalex(['verify', broken])
    expect(text).toEqual({ status: 1, stdout: '', stderr: oneLine })
    expect(text.stderr).toContain('entry 2 of the audit log')
    const json = await obalexJson<ProjectVerification>(['verify', broken], { status: 1 })
    expect(json).toMatchObject({ ok: false, broken: { kind: 'audit', subject: 'audit_log 2' }, photos: null })
    expect(text.stderr).toContain(json.broken!.message)
  })

  it('finds a score that was changed only where it computes it again', async () => {
    const { project } = await makeProject()
    tamper(project, (database) => void database.prepare('UPDATE score SET auc = auc / 2 WHERE id = 2').run())
    expect((await obalex(['verify', project])).status).toBe(0)
    const found = await obalex(['verify', project, '--recompute', '--quiet'])
    expect(found).toEqual({ status: 1, stdout: '', stderr: oneLine })
    expect(found.stderr).toContain('score 2')
  })

  it('tells a wrong file and one that is not there from a broken project by what it says', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'notes.txt'), 'no project')
    for (const name of ['notes.txt', 'nothing.obalex']) {
      expect(await obalex(['verify', join(folder, name)])).toEqual({ status: 1, stdout: '', stderr: oneLine })
    }
    expect((await obalex(['verify'])).status).toBe(2)
  })

  it('ends with 130 when it is interrupted', async () => {
    const { project } = await makeProject()
    const interrupt = new AbortController()
    let out = ''
    const stdout = new Writable({
      write: (chunk: Buffer, _, done) => {
        out += chunk.toString()
        done()
      },
    })
    // on a terminal progress is shown at once
    const stderr = { isTTY: true, write: () => interrupt.abort() }
    const host = {
      stdout,
      stderr,
      signal: interrupt.signal,
      person: { hasDisplay: false, hasTerminal: false, openFile: null },
      speedFile: null,
      isDebugging: false,
    }
    expect(await runCommandLine(['verify', project, '--recompute'], host)).toBe(130)
    expect(out).toBe('')
  })

  it('works for somebody who may only read, and changes nothing', async () => {
    const { folder, project } = await makeProject()
    const before = readFileSync(project)
    const names = readdirSync(folder)
    chmodSync(project, 0o444)
    chmodSync(folder, 0o555)
    onTestFinished(() => chmodSync(folder, 0o755))
    const { ended } = startObalex(['verify', project, '--json', '--recompute'], { isUnprivileged: true })
    const { status, stdout } = await ended
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, checked: { scores: 3 }, photos: { present: 3 } })
    expect(readdirSync(folder)).toEqual(names)
    expect(readFileSync(project)).toEqual(before)
  })

  it('says so where another process writes', async () => {
    const { project } = await makeProject()
    const writer = await openProject(project, { mode: 'write', now: Date.now })
    try {
      const { status, stdout, stderr } = await startObalex(['verify', project, '--json']).ended
      expect(status).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, writer: { pid: process.pid } })
      expect(stderr).toContain(`Process ${process.pid}`)
    } finally {
      await writer.close()
    }
  })
})

describe('backup', () => {
  it('says where the copy lies, which is whole, and never overwrites', async () => {
    const { folder, project } = await makeProject()
    const out = join(folder, 'copy.obalex')
    const result = await obalexJson<{ path: string; bytes: number; sha256: string }>(['backup', project, out])
    expect(result).toEqual({
      path: out,
      bytes: statSync(out).size,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    })
    expect((await obalex(['verify', out])).status).toBe(0)
    expect(await obalex(['backup', project, out])).toEqual({ status: 1, stdout: '', stderr: oneLine })
    const inFolder = await obalex(['backup', project, folder])
    expect(inFolder.stdout).toMatch(/^backup +\S+p-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.obalex$/m)
  })
})

describe('what a command leaves', () => {
  it('is kept in rolling backups, of which one repairs a project that was damaged', async () => {
    const { folder, project } = await makeProject()
    const backups = readdirSync(`${project}.backups`).sort()
    expect(backups).toHaveLength(2) // of import and run
    overwrite(project, 0, Buffer.alloc(100))
    const error = await obalex(['scores', project])
    expect(error).toEqual({ status: 1, stdout: '', stderr: oneLine })
    const named = /newest good backup is (\S+), of/.exec(error.stderr)![1]!
    expect(named).toBe(join(`${project}.backups`, backups[1]!))
    const restored = join(folder, 'restored.obalex')
    copyFileSync(named, restored)
    expect((await obalex(['verify', restored, '--recompute'])).status).toBe(0)
  })

  it('is named too where the project is empty, or gone', async () => {
    const { project } = await makeProject()
    writeFileSync(project, '')
    expect((await obalex(['project', 'info', project])).stderr).toContain(`${project}.backups`)
    rmSync(project)
    expect((await obalex(['verify', project])).stderr).toContain(`${project}.backups`)
  })

  it('is backed up from the second newest where the newest is damaged, too', async () => {
    const { project } = await makeProject()
    const [older, newest] = readdirSync(`${project}.backups`)
      .sort()
      .map((name) => join(`${project}.backups`, name))
    overwrite(project, 0, Buffer.alloc(100))
    overwrite(newest!, 0, Buffer.alloc(100))
    expect((await obalex(['project', 'info', project])).stderr).toContain(older)
  })
})

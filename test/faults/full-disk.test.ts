import { copyFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { installed, startObalex, type Ended, type StartOptions } from '../builders/obalex-process.ts'
import { canMount, smallDisk } from '../builders/small-disk.ts'
import { expectKept, expectOnce } from './killing.ts'
import { countStored, readStored } from '../builders/stored-rows.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { expectRefused, expectVerified, importOf, makeMaterial, makeProject, runOf, type Material } from './setting.ts'

const root = useFolder()
let material: Material
let empty: string
let imported: string

beforeAll(async () => {
  material = await makeMaterial(root, { perClass: 10 })
  empty = join(folderIn(root), 'p.obalex')
  await obalexJson(['project', 'create', empty])
  imported = await makeProject(material)
})

const start = (args: readonly string[], options: StartOptions = {}): Promise<Ended> =>
  startObalex([...args, '--quiet'], { command: installed(), ...options }).ended

/** What lies in a folder beside the project: nothing half-written, only what SQLite needs to go on. */
function expectNothingHalf(folder: string): void {
  const allowed = /^(filler|p\.obalex(-wal|-shm|\.backups)?)$/
  expect(readdirSync(folder).filter((name) => !allowed.test(name))).toEqual([])
}

/** Gives the same command again, which has room now, and fails unless all is there, once. */
async function expectFinished(project: string, args: readonly string[], nScores: number): Promise<void> {
  const { status, stderr } = await start(args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const stored = await readStored(project)
  expect([stored.rows.image.length, stored.rows.score.length]).toEqual([material.photos.length, nScores])
  expectOnce(stored)
  await expectVerified(project)
}

describe.runIf(canMount)('a disk that is full', () => {
  it.each([16, 60])('with %i KiB left takes no import in, and the same import when there is room', async (roomKib) => {
    const disk = smallDisk(4096)
    const project = join(disk.folder, 'p.obalex')
    copyFileSync(empty, project)
    disk.fill(roomKib)
    const args = importOf(project, material)
    expectRefused(await start(args), /disk is full/)
    expectNothingHalf(disk.folder)
    disk.makeRoom()
    expect(countStored(project, 'image')).toBe(0)
    await expectFinished(project, args, 0)
  })

  it.each([12, 100, 400])('with %i KiB left stops a run, which goes on when there is room', async (roomKib) => {
    const disk = smallDisk(4096)
    const project = join(disk.folder, 'p.obalex')
    copyFileSync(imported, project)
    disk.fill(roomKib)
    const args = runOf(project, material)
    expectRefused(await start(args), /disk is full/)
    expectNothingHalf(disk.folder)
    disk.makeRoom()
    const kept = await readStored(project)
    expect(kept.rows.score.length).toBeLessThan(material.photos.length)
    if (roomKib === 400) expect(kept.rows.score.length).toBeGreaterThan(0)
    await expectFinished(project, args, material.photos.length)
    await expectKept(kept, project)
  })

  it('makes no project, and leaves nothing of it', async () => {
    const disk = smallDisk(1024)
    disk.fill(20)
    const project = join(disk.folder, 'p.obalex')
    expectRefused(await start(['project', 'create', project]), /disk is full/)
    expect(readdirSync(disk.folder)).toEqual(['filler'])
    disk.makeRoom()
    expect((await start(['project', 'create', project])).status).toBe(0)
  })

  it('makes no export, and leaves nothing of it', async () => {
    const disk = smallDisk(1024)
    disk.fill(1)
    const out = join(disk.folder, 'out')
    const args = ['export', imported, '--format', 'coco', '--out', out]
    expectRefused(await start(args), /disk is full/)
    disk.makeRoom()
    expect(readdirSync(out)).toEqual([])
    expect((await start(args)).status).toBe(0)
  })
})

/** What FAT32, a quota and `ulimit -f` do; it can be had everywhere. Blocks of 512 bytes. */
function limited(blocks: number): readonly string[] {
  return ['/bin/sh', '-c', `ulimit -f ${blocks}; exec "$0" "$@"`, ...installed()]
}

describe.skipIf(process.platform === 'win32')('a file that may not grow any more', () => {
  it('leaves what an import saved beside the project, says so, and takes it in later', async () => {
    const project = join(folderIn(root), 'p.obalex')
    copyFileSync(empty, project)
    const args = importOf(project, material)
    // the log beside the file has room for all of it, the file has not
    const command = limited(Math.ceil(statSync(project).size / 512) + 8)
    expectRefused(await start(args, { command }), /Everything is saved, but part of it lies in .*p\.obalex-wal/)
    expect(countStored(project, 'image')).toBe(material.photos.length)
    await expectFinished(project, args, 0)
    expect(readdirSync(dirname(project)).filter((name) => name.startsWith('p.obalex-'))).toEqual([])
  })

  it('stops a run, which goes on later', async () => {
    const project = join(folderIn(root), 'p.obalex')
    copyFileSync(imported, project)
    const args = runOf(project, material)
    const command = limited(Math.ceil(statSync(project).size / 512) + 100)
    expectRefused(await start(args, { command }), /did not take/)
    const kept = await readStored(project)
    expect(kept.rows.score.length).toBeGreaterThan(0)
    expect(kept.rows.score.length).toBeLessThan(material.photos.length)
    await expectFinished(project, args, material.photos.length)
    await expectKept(kept, project)
  })
})

import { chmodSync, copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { installed, startObalex, type Ended } from '../builders/obalex-process.ts'
import { canMount, smallDisk } from '../builders/small-disk.ts'
import { temporaryFolder } from '../builders/temporary-folder.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { expectRefused, importOf, makeMaterial, makeProject, runOf, type Material } from './setting.ts'

const root = useFolder()
let material: Material
let scored: string

beforeAll(async () => {
  // others must be able to read it
  chmodSync(root, 0o755)
  material = await makeMaterial(root, { perClass: 2, inputSide: 32 })
  chmodSync(material.folder, 0o755)
  scored = await makeProject(material)
  await obalexJson(runOf(scored, material))
})

interface Place {
  readonly folder: string
  /** runs as somebody who may not write there */
  readonly start: (args: readonly string[]) => Promise<Ended>
}

/** A folder without permission to write, with a project in it. */
function closedFolder(): Place {
  const folder = temporaryFolder()
  copyFileSync(scored, join(folder, 'p.obalex'))
  chmodSync(join(folder, 'p.obalex'), 0o444)
  chmodSync(folder, 0o555)
  onTestFinished(() => chmodSync(folder, 0o755))
  const start = (args: readonly string[]): Promise<Ended> =>
    startObalex([...args, '--quiet'], { command: installed(), isUnprivileged: true }).ended
  return { folder, start }
}

/** A disk that was mounted read-only, for root too. */
function readOnlyDisk(): Place {
  const disk = smallDisk(4096)
  copyFileSync(scored, join(disk.folder, 'p.obalex'))
  disk.setReadOnly()
  return { folder: disk.folder, start: (args) => startObalex([...args, '--quiet'], { command: installed() }).ended }
}

describe.each([
  { name: 'a folder that may not be written', makePlace: closedFolder, isThere: process.platform !== 'win32' },
  { name: 'a read-only disk', makePlace: readOnlyDisk, isThere: canMount },
])('$name', ({ makePlace, isThere }) => {
  it.runIf(isThere)('refuses all that writes, in one clear line, and changes nothing', async () => {
    const { folder, start } = makePlace()
    const project = join(folder, 'p.obalex')
    const before = readFileSync(project)
    const out = join(folder, 'out')
    const [created, imported, run, exported] = await Promise.all([
      start(['project', 'create', join(folder, 'new.obalex')]),
      start(importOf(project, material)),
      start(runOf(project, material)),
      start(['export', project, '--format', 'coco', '--out', out]),
    ])
    for (const refused of [created, imported, run]) expectRefused(refused, /may not be written/)
    expectRefused(exported, /cannot be written: (there is no permission to write there|the disk is read-only)/)
    expect(readdirSync(folder)).toEqual(['p.obalex'])
    expect(readFileSync(project).equals(before)).toBe(true)
  })

  it.runIf(isThere)('lets all that reads do its work', async () => {
    const { folder, start } = makePlace()
    const project = join(folder, 'p.obalex')
    const elsewhere = folderIn(root)
    chmodSync(elsewhere, 0o777)
    const commands = [
      ['project', 'info', project],
      ['scores', project],
      ['scores', project, '--by', 'class'],
      ['instances', project],
      ['classes', project],
      ['verify', project],
      [...importOf(project, material), '--dry-run'],
      ['export', project, '--format', 'coco', '--out', join(elsewhere, 'out')],
    ]
    const ends = await Promise.all(commands.map((args) => start([...args, '--json'])))
    for (const [i, { status, stdout, stderr }] of ends.entries()) {
      expect({ args: commands[i], status, stderr }).toEqual({ args: commands[i], status: 0, stderr: '' })
      expect(JSON.parse(stdout)).toBeTypeOf('object')
    }
    const { scores } = JSON.parse(ends[1]!.stdout) as { scores: object[] }
    expect(scores).toHaveLength(material.photos.length)
    expect(readdirSync(folder)).toEqual(['p.obalex'])
  })
})

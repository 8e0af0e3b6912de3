import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ImportFacts, UndoReport } from '#common/contract/procedures/importing.ts'
import { openProject } from '#main/project/open.ts'
import { insertReview } from '#main/project/review-repository.ts'
import type { ImageId } from '#common/contract/ids.ts'
import { write } from '../../builders/project.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

/** A project with three images and a mask on each, of one import. */
async function makeProject(): Promise<string> {
  const folder = temporaryFolder()
  const [project, photos] = [join(folder, 'p.obalex'), join(folder, 'photos')]
  await writeColourPhotos(photos, 1)
  await obalexJson(['project', 'create', project])
  const annotations = join(photos, 'instances.json')
  await obalexJson(['import', project, '--format', 'coco', '--images', photos, '--annotations', annotations])
  return project
}

async function saveVerdict(path: string): Promise<void> {
  const project = await openProject(path, { mode: 'write', now: Date.now })
  const review = { imageId: 1 as ImageId, verdict: 'accept', reasons: [], comment: '', auditor: 'Ada' } as const
  await write(project, (trx) => insertReview(trx, review, 1))
  await project.close()
}

describe('obalex undo-import', () => {
  it('says what would go, then takes it out, and the project verifies', async () => {
    const project = await makeProject()
    const dry = await obalex(['undo-import', project, '--dry-run'])
    expect(dry).toMatchObject({ status: 0, stderr: '' })
    expect(dry.stdout).toMatch(/^Nothing was written\. .* import of instances\.json, entry 2 of the audit log/)
    expect(dry.stdout).toContain('3 images, 3 masks')
    expect(await obalexJson(['project', 'info', project])).toMatchObject({ nImages: 3 })
    const done = await obalex(['undo-import', project, '--quiet'])
    expect(done).toMatchObject({ status: 0, stderr: '' })
    expect(done.stdout).toMatch(/^Undone: .*\n {2}3 images, 3 masks\nImporting the same again brings it back\.\n$/)
    expect(await obalexJson(['project', 'info', project])).toMatchObject({ nImages: 0, nInstances: 0, folders: [] })
    expect(await obalexJson(['verify', project])).toMatchObject({ ok: true })
    const again = await obalex(['undo-import', project])
    expect(again).toMatchObject({ status: 1, stdout: '' })
    expect(again.stderr).toMatch(/^obalex: the project has no import that could be undone — Nothing was changed\..*\n$/)
  })

  it('names an import by its entry, as --list tells it', async () => {
    const project = await makeProject()
    const { imports } = await obalexJson<{ imports: ImportFacts[] }>(['undo-import', project, '--list'])
    expect(imports).toMatchObject([{ entry: 2, format: 'coco', nImages: 3, nInstances: 3, state: 'in-force' }])
    const report = await obalexJson<UndoReport>(['undo-import', project, '2'])
    expect(report).toMatchObject({ isDryRun: false, gone: { images: 3, instances: 3 }, obstacles: [] })
    const list = await obalex(['undo-import', project, '--list'])
    expect(list.stdout).toMatch(/^entry .*state\n +2 .*undone by 3\n$/)
    expect(await obalex(['undo-import', project, '2'])).toMatchObject({ status: 1 })
    expect(await obalex(['undo-import', project, '1'])).toMatchObject({ status: 1 })
    expect(await obalex(['undo-import', project, 'two'])).toMatchObject({ status: 2 })
  })

  it('is refused in one line where people have worked on it, and says so in the dry run', async () => {
    const project = await makeProject()
    await saveVerdict(project)
    const line = /^obalex: people have worked on 1 image of this import since \(verdicts\) — .*never thrown away.*\n$/
    const dry = await obalex(['undo-import', project, '--dry-run', '--json'])
    expect(dry).toMatchObject({ status: 1, stderr: expect.stringMatching(line) as string })
    expect(JSON.parse(dry.stdout)).toMatchObject({ obstacles: [{ kind: 'work', nImages: 1 }] })
    const refused = await obalex(['undo-import', project])
    expect(refused).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(line) as string })
    expect(await obalexJson(['project', 'info', project])).toMatchObject({ nImages: 3 })
  })

  it('says of imports that an earlier version did not record that they stay', async () => {
    const project = join(temporaryFolder(), 'old.obalex')
    copyFileSync(join(import.meta.dirname, '../../fixtures/project/version-3.obalex'), project)
    const newest = await obalex(['undo-import', project])
    expect(newest).toMatchObject({ status: 1, stdout: '' })
    expect(newest.stderr).toContain('came in before imports were recorded, and stays')
    const named = await obalex(['undo-import', project, '5'])
    expect(named.stderr).toContain('entry 5 cannot be undone: it came in before imports were recorded')
    const { imports } = await obalexJson<{ imports: ImportFacts[] }>(['undo-import', project, '--list'])
    expect(imports).toMatchObject([{ entry: 5, state: 'unrecorded' }])
  })

  it('tells an empty project that there is nothing', async () => {
    const project = join(temporaryFolder(), 'p.obalex')
    await obalexJson(['project', 'create', project])
    expect((await obalex(['undo-import', project, '--list'])).stderr).toContain('There are no imports yet')
    expect(await obalexJson(['undo-import', project, '--list'])).toEqual({ imports: [] })
  })
})

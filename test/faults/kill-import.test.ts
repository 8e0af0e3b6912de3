import { setTimeout as wait } from 'node:timers/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeCocoResults } from '../builders/dataset.ts'
import { installed, startObalex, type Started } from '../builders/obalex-process.ts'
import { readStored, type StoredRows } from '../builders/stored-rows.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { killingTimeoutMs, killsOf, seededRandom } from './killing.ts'
import { expectVerified, importOf, makeMaterial } from './setting.ts'

const root = useFolder()

/** Rows of images and masks without their times. */
function contentOf({ rows }: StoredRows): string[] {
  const all = [...rows.image, ...rows.instance_mask, ...rows.mask_revision, ...rows.image_folder]
  return all.map((row) => row.replace(/"created_at":\d+/, ''))
}

function countImports({ audit }: StoredRows): number {
  return audit.filter(({ action }) => action === 'dataset.import').length
}

describe('the command, killed while it imports', () => {
  it(
    'has taken all of it in or nothing, and takes it in once when it is given again',
    async () => {
      const random = seededRandom(4)
      const material = await makeMaterial(root)
      const predictions = await writeCocoResults(join(material.folder, 'results.json'), material.photos)
      /** one after the other into the same project */
      const imports = (project: string): string[][] => [
        ['import', project, '--format', 'folder', '--images', material.images],
        importOf(project, material),
        [...importOf(project, material), '--predictions', predictions].map((word) =>
          word === 'coco' ? 'coco-results' : word,
        ),
      ]
      const undisturbed = join(folderIn(root), 'p.obalex')
      await obalexJson(['project', 'create', undisturbed])
      const expected = [contentOf(await readStored(undisturbed))]
      const start = (args: readonly string[]): Started => startObalex(args, { command: installed() })
      let durationMs = 0
      for (const args of imports(undisturbed)) {
        const begin = performance.now()
        const { status, stderr } = await start(args).ended
        expect(status, stderr).toBe(0)
        durationMs = performance.now() - begin
        expected.push(contentOf(await readStored(undisturbed)))
      }

      const project = join(folderIn(root), 'p.obalex')
      await obalexJson(['project', 'create', project])
      for (const [number, args] of imports(project).entries()) {
        const [before, after] = [expected[number]!, expected[number + 1]!]
        const nBefore = countImports(await readStored(project))
        for (let nKills = 0; nKills < killsOf(4 / 52);) {
          const { child, ended } = start(args)
          const early = await Promise.race([ended, wait(random() * durationMs)])
          if (early) durationMs *= 0.9
          else if (child.kill('SIGKILL')) nKills++
          await ended
          const stored = await readStored(project)
          expect(stored.broken).toEqual([])
          expect(contentOf(stored)).toEqual(countImports(stored) > nBefore ? after : before)
        }
        const { status, stderr } = await start(args).ended
        expect(status, stderr).toBe(0)
        expect(contentOf(await readStored(project))).toEqual(after)
      }
      await expectVerified(project)
    },
    killingTimeoutMs,
  )
})

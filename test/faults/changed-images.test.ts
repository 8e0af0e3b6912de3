import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { paintPhoto } from '../builders/dataset.ts'
import { installed, startObalex } from '../builders/obalex-process.ts'
import { until } from '../builders/processes.ts'
import { countStored, readStored } from '../builders/stored-rows.ts'
import { useFolder } from '../main/engine/engine-tools.ts'
import { expectOnce } from './killing.ts'
import { expectVerified, makeMaterial, makeProject, runOf, scoresOf } from './setting.ts'

const root = useFolder()

describe('photos that change while a run is under way', () => {
  it('fail by name and with the reason, the others are scored, and they too once they are back', async () => {
    const material = await makeMaterial(root, { perClass: 8, inputSide: 96 })
    const { images, photos, folder } = material
    const project = await makeProject(material)
    cpSync(images, join(folder, 'copy'), { recursive: true })
    // the last ones: nobody has read them when the first one is scored
    const [replaced, deleted] = [photos.at(-2)!, photos.at(-1)!]
    const args = [...runOf(project, material), '--json']
    const run = startObalex(args, { command: installed() })
    await until(() => countStored(project, 'score') > 0, { what: 'the first score' })
    rmSync(deleted.path)
    await paintPhoto(replaced, [200, 10, 200])
    const { status, stdout, stderr } = await run.ended

    expect(status, stderr).toBe(3)
    const { results, failures } = JSON.parse(stdout) as { results: object[]; failures: object[] }
    expect(failures).toMatchObject([
      { image: replaced.file, code: 'image.changed', message: expect.stringContaining('not the photo') as string },
      { image: deleted.file, code: 'file.missing' },
    ])
    for (const { file } of [replaced, deleted]) expect(stderr).toMatch(new RegExp(`^obalex: [^\\n]*${file}`, 'm'))
    expect(results).toHaveLength(1)
    expect(await scoresOf(project)).toHaveLength(photos.length - 2)

    cpSync(join(folder, 'copy'), images, { recursive: true })
    const again = await startObalex(args, { command: installed() }).ended
    expect(again.status, again.stderr).toBe(0)
    expect(await scoresOf(project)).toHaveLength(photos.length)
    expectOnce(await readStored(project))
    await expectVerified(project)
  })
})

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startObalex } from '../../builders/obalex-process.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { colours, writeColourPhotos } from './photos.ts'
import { obalex, obalexJson } from './run-cli.ts'

/** A project with three plain images; scored where a model is asked for. */
async function makeProject({ isScored = false } = {}): Promise<{ folder: string; project: string }> {
  const folder = temporaryFolder()
  const [project, photos] = [join(folder, 'p.obalex'), join(folder, 'photos')]
  await writeColourPhotos(photos, 1)
  await obalexJson(['project', 'create', project])
  const annotations = join(photos, 'instances.json')
  await obalexJson(['import', project, '--format', 'coco', '--images', photos, '--annotations', annotations])
  if (!isScored) return { folder, project }
  const model = await writeSmallModel(join(folder, 'model'), { labels: [...colours] })
  await obalexJson(['run', project, '--models', model, '--methods', 'gradcam'])
  return { folder, project }
}

describe('obalex report', () => {
  it('writes a page and says where, and JSON with the averages that “scores” prints', async () => {
    const { folder, project } = await makeProject({ isScored: true })
    const [page, json] = [join(folder, 'r.html'), join(folder, 'r.json')]
    const { status, stdout } = await obalex(['report', project, '--out', page])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^written {2}.*r\.html \(\d+ kB\)\n$/)
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/)
    expect(await obalexJson(['report', project, '--out', json])).toEqual({ path: json, bytes: statSync(json).size })
    const { results } = JSON.parse(readFileSync(json, 'utf8')) as { results: { avgObalex: number; n: number }[] }
    const scores = await obalexJson<{ results: object[] }>(['scores', project, '--by', 'method'])
    expect(results.map(({ avgObalex, n }) => ({ avgObalex, n }))).toMatchObject(
      scores.results.map((row) => ({ avgObalex: (row as { avgObalex: number }).avgObalex, n: 3 })),
    )
  })

  it('works without scores, and over a report that is there', async () => {
    const { folder, project } = await makeProject()
    const page = join(folder, 'r.html')
    for (let i = 0; i < 2; i++)
      expect(await obalex(['report', project, '--out', page])).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(page, 'utf8')).toContain('There are no scores yet')
  })

  it('ends with 2 where the name says no kind of report, or where there is none', async () => {
    const { folder, project } = await makeProject()
    const out = join(folder, 'r.docx')
    expect(await obalex(['report', project, '--out', out])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^obalex: .*r\.docx.* — .*\.html or \.json\.\n$/) as string,
    })
    expect(existsSync(out)).toBe(false)
    expect(await obalex(['report', project])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--out <file>') as string,
    })
  })

  it('ends with 1 where there is no such project or folder', async () => {
    const { folder, project } = await makeProject()
    for (const args of [
      [`${project}.gone`, '--out', join(folder, 'r.html')],
      [project, '--out', join(folder, 'none', 'r.html')],
    ]) {
      expect(await obalex(['report', ...args])).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(/^obalex: .+ — .+\n$/) as string,
      })
    }
  })

  it.skipIf(process.platform === 'win32')(
    'ends with 1 in a folder that is read-only, and leaves nothing there',
    async () => {
      const { folder, project } = await makeProject()
      const closed = join(folder, 'closed')
      mkdirSync(closed)
      chmodSync(closed, 0o555)
      const ended = await startObalex(['report', project, '--out', join(closed, 'r.html')], { isUnprivileged: true })
        .ended
      expect(ended).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/obalex: .*r\.html cannot be written: .*permission.* — .+\n$/) as string,
      })
      expect(readdirSync(closed)).toEqual([])
    },
  )
})

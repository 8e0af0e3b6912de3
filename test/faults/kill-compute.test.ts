import { statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { installed, startObalex, type Ended } from '../builders/obalex-process.ts'
import { readStored } from '../builders/stored-rows.ts'
import { useFolder } from '../main/engine/engine-tools.ts'
import {
  expectOnce,
  killComputeUntilDone,
  killingTimeoutMs,
  killsOf,
  measurePace,
  randomMoment,
  seededRandom,
} from './killing.ts'
import { expectVerified, makeMaterial, makeProject, runOf, scoresOf } from './setting.ts'

const root = useFolder()

describe('the compute process, killed again and again', () => {
  it(
    'is replaced each time; what it could not do is named, and done when the command is given again',
    async () => {
      const random = seededRandom(3)
      const material = await makeMaterial(root)
      const undisturbed = await makeProject(material)
      const start = (path: string) => startObalex([...runOf(path, material), '--json'], { command: installed() })
      const [pace, end] = await measurePace(start(undisturbed), undisturbed, material.photos.length)
      expect(end.status, end.stderr).toBe(0)
      const expected = await scoresOf(undisturbed)
      // the half of the start that is the command's own is over when the compute process appears
      const computePace = { ...pace, startMs: pace.startMs / 2 }

      for (let left = killsOf(18 / 52); left > 0;) {
        const project = await makeProject(material)
        const [nKills, ends] = await killComputeUntilDone({
          project,
          start: () => start(project),
          moment: () => randomMoment(random, computePace),
          maxKills: left,
        })
        left -= nKills
        for (const early of ends.slice(0, -1)) expectNamed(early)
        const last = ends.at(-1)!
        expect(last.status, last.stderr).toBe(0)
        expect(JSON.parse(last.stdout)).toEqual(JSON.parse(end.stdout))
        expect(await scoresOf(project)).toEqual(expected)
        expectOnce(await readStored(project))
        await expectVerified(project)
      }
    },
    killingTimeoutMs,
  )
})

describe('a photo that kills the compute process whenever it is explained', () => {
  it('is tried twice, then named, and the others are scored: exit status 3', async () => {
    const material = await makeMaterial(root, { perClass: 3 })
    const project = await makeProject(material)
    const birds = material.photos.filter(({ label }) => label === 'bird').map(({ file }) => file)
    const preload = pathToFileURL(join(import.meta.dirname, '../fixtures/faults/poison.mjs')).href
    // the model's third class
    const deaths = join(material.folder, 'deaths')
    const env = { OBALEX_TEST_POISON: '2', OBALEX_TEST_DEATHS: deaths, NODE_OPTIONS: `--import=${preload}` }
    const args = [...runOf(project, material), '--json']
    const { status, stdout, stderr } = await startObalex(args, { command: installed(), env }).ended
    expect(status, stderr).toBe(3)
    const { failures } = JSON.parse(stdout) as { failures: { image: string; message: string }[] }
    expect(failures.map(({ image }) => image)).toEqual(birds)
    expect(statSync(deaths).size).toBe(2 * birds.length)
    for (const { image, message } of failures) {
      expect(message).toMatch(/the compute process died: .*SIGKILL/)
      expect(stderr).toContain(`obalex: ${image}: the compute process died`)
    }
    expect(await scoresOf(project)).toHaveLength(material.photos.length - birds.length)

    const again = await startObalex(args, { command: installed() }).ended
    expect(again.status, again.stderr).toBe(0)
    expect(await scoresOf(project)).toHaveLength(material.photos.length)
    expectOnce(await readStored(project))
    await expectVerified(project)
  })
})

/** Fails unless a run that could not do all says what it was: 3 for images, 1 for the model itself. */
function expectNamed({ status, stdout, stderr }: Ended): void {
  if (status === 1) {
    expect(stderr).toMatch(/^obalex: the compute process died: [^\n]*SIGKILL[^\n]* — [^\n]+$/m)
    return
  }
  expect(status, stderr).toBe(3)
  const { failures } = JSON.parse(stdout) as { failures: { image: string; code: string }[] }
  expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['compute.died']))
  for (const { image } of failures) expect(stderr).toContain(`obalex: ${image}: the compute process died`)
}

import { describe, expect, it } from 'vitest'
import { installed, startObalex } from '../builders/obalex-process.ts'
import { readStored } from '../builders/stored-rows.ts'
import { useFolder } from '../main/engine/engine-tools.ts'
import {
  expectOnce,
  killingTimeoutMs,
  killsOf,
  killUntilDone,
  measurePace,
  randomMoment,
  seededRandom,
} from './killing.ts'
import { expectVerified, makeMaterial, makeProject, runOf, scoresOf } from './setting.ts'

const root = useFolder()

describe('the command, killed while it runs a project', () => {
  it(
    'keeps what was scored, and comes to the same scores when it is given again until it is done',
    async () => {
      const random = seededRandom(1)
      const material = await makeMaterial(root)
      const undisturbed = await makeProject(material)
      const start = (project: string) => startObalex([...runOf(project, material), '--json'], { command: installed() })
      const [pace, end] = await measurePace(start(undisturbed), undisturbed, material.photos.length)
      expect(end.status, end.stderr).toBe(0)
      const expected = await scoresOf(undisturbed)
      expect(expected).toHaveLength(material.photos.length)

      for (let left = killsOf(12 / 52); left > 0;) {
        const project = await makeProject(material)
        const [nKills, last] = await killUntilDone({
          project,
          start: () => start(project),
          moment: () => randomMoment(random, pace),
          maxKills: left,
        })
        left -= nKills
        expect(last.status, last.stderr).toBe(0)
        expect((JSON.parse(last.stdout) as { failures: unknown[] }).failures).toEqual([])
        expect(JSON.parse(last.stdout)).toEqual(JSON.parse(end.stdout))
        expect(await scoresOf(project)).toEqual(expected)
        expectOnce(await readStored(project))
        await expectVerified(project)
      }
    },
    killingTimeoutMs,
  )
})

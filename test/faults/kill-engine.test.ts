import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startObalex } from '../builders/obalex-process.ts'
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
import { expectVerified, makeMaterial, makeProject, scoresOf } from './setting.ts'

const root = useFolder()
const host = join(import.meta.dirname, '../builders/engine-host.ts')

/** The desktop window and the server keep the engine in a process of its own; jobs outlive the calls that start them. */
describe('an engine in a process of its own, killed while it runs a project', () => {
  it(
    'keeps what was scored, and the next engine takes the run up until it is done',
    async () => {
      const random = seededRandom(2)
      const material = await makeMaterial(root)
      const undisturbed = await makeProject(material)
      const spec = { models: [{ path: material.model, runtime: 'wasm' }], methods: [{ method: 'occlusion' }] }
      const start = (project: string) =>
        startObalex([project, JSON.stringify(spec)], { command: [process.execPath, host] })
      const [pace, end] = await measurePace(start(undisturbed), undisturbed, material.photos.length)
      expect(end.status, end.stderr).toBe(0)
      const expected = await scoresOf(undisturbed)

      for (let left = killsOf(10 / 52); left > 0;) {
        const project = await makeProject(material)
        const [nKills, last] = await killUntilDone({
          project,
          start: () => start(project),
          moment: () => randomMoment(random, pace),
          maxKills: left,
        })
        left -= nKills
        expect(last.status, last.stderr).toBe(0)
        expect(await scoresOf(project)).toEqual(expected)
        const stored = await readStored(project)
        expectOnce(stored)
        // a kill after the end finds all done; whatever was begun was ended, and nothing begun twice
        const jobs = stored.audit.filter(({ action }) => action === 'job.start' || action === 'job.done')
        jobs.forEach(({ action }, i) => expect(action).toBe(i % 2 === 0 ? 'job.start' : 'job.done'))
        expect(jobs.length % 2).toBe(0)
        await expectVerified(project)
      }
    },
    killingTimeoutMs,
  )
})

import { describe, expect, it } from 'vitest'
import type { ImageId, JobId } from '#common/contract/ids.ts'
import {
  addJobFailure,
  findJob,
  finishJob,
  getJob,
  interruptAbandonedJobs,
  listJobFailures,
  listJobs,
  resumeJob,
  startJob,
  updateJob,
} from '#main/project/job-repository.ts'
import { makeProject, write } from '../../builders/project.ts'

const asked = { kind: 'run', spec: { models: [1], methods: ['lime'] }, total: 10 }

describe('jobs', () => {
  it('run, say how far they are, and are done', async () => {
    const project = await makeProject()
    const id = await write(project, (trx) => startJob(trx, { ...asked, total: null }, 5))
    const started = { id, ...asked, total: null, state: 'running', done: 0, failed: 0, pid: process.pid, error: null }
    expect(await getJob(project.read, id)).toEqual({ ...started, startedAt: 5, updatedAt: 5, finishedAt: null })
    await write(project, (trx) => updateJob(trx, id, { done: 3, total: 10, now: 6 }))
    expect(await getJob(project.read, id)).toMatchObject({ state: 'running', done: 3, total: 10, updatedAt: 6 })
    await write(project, (trx) => updateJob(trx, id, { done: 10, now: 7 }))
    await write(project, (trx) => finishJob(trx, id, { state: 'done', now: 8 }))
    expect(await getJob(project.read, id)).toMatchObject({ state: 'done', done: 10, total: 10, finishedAt: 8 })
  })

  it('count what fails, and say what', async () => {
    const project = await makeProject({ images: 2 })
    const id = await write(project, (trx) => startJob(trx, asked, 5))
    const failures = [
      { imageId: 2 as ImageId, code: 'image.broken', message: 'cut off', at: 6 },
      { imageId: null, code: 'compute.died', message: 'killed twice', at: 7 },
    ]
    for (const failure of failures) await write(project, (trx) => addJobFailure(trx, id, failure))
    expect(await getJob(project.read, id)).toMatchObject({ failed: 2, done: 0, updatedAt: 7 })
    const numbered = failures.map((failure, index) => ({ id: index + 1, ...failure }))
    expect(await listJobFailures(project.read, id, { limit: 9 })).toEqual(numbered)
    expect(await listJobFailures(project.read, id, { after: 1, limit: 9 })).toHaveLength(1)
  })

  it('fail with their error', async () => {
    const project = await makeProject()
    const id = await write(project, (trx) => startJob(trx, asked, 5))
    const error = { code: 'job.failed', message: 'the disk is full', hint: 'Free some space.' } as const
    await write(project, (trx) => finishJob(trx, id, { state: 'failed', error, now: 6 }))
    expect(await getJob(project.read, id)).toMatchObject({ state: 'failed', error, finishedAt: 6 })
  })

  it('never end before they began, also where the clock was set back meanwhile', async () => {
    const project = await makeProject()
    const id = await write(project, (trx) => startJob(trx, asked, 500))
    await write(project, (trx) => updateJob(trx, id, { done: 3, now: 40 }))
    expect(await getJob(project.read, id)).toMatchObject({ startedAt: 500, updatedAt: 500 })
    await write(project, (trx) => interruptAbandonedJobs(trx, [], 50))
    expect(await getJob(project.read, id)).toMatchObject({ updatedAt: 500, finishedAt: 500 })
    await write(project, (trx) => resumeJob(trx, id, 60))
    await write(project, (trx) => finishJob(trx, id, { state: 'done', now: 70 }))
    expect(await getJob(project.read, id)).toMatchObject({ startedAt: 500, updatedAt: 500, finishedAt: 500 })
  })

  it('are found by what they were to do, the newest', async () => {
    const project = await makeProject()
    await write(project, (trx) => startJob(trx, asked, 5))
    const id = await write(project, (trx) => startJob(trx, asked, 6))
    await write(project, (trx) => startJob(trx, { ...asked, kind: 'import' }, 7))
    const spec = { methods: ['lime'], models: [1] }
    expect((await findJob(project.read, { kind: 'run', spec }))?.id).toBe(id)
    expect(await findJob(project.read, { kind: 'run', spec: { ...spec, models: [2] } })).toBeNull()
  })

  it('are interrupted where they say they run, but nobody runs them, and go on when resumed', async () => {
    const project = await makeProject()
    const ids: JobId[] = []
    for (let index = 0; index < 3; index++) ids.push(await write(project, (trx) => startJob(trx, asked, 5)))
    await write(project, (trx) => finishJob(trx, ids[0]!, { state: 'done', now: 6 }))
    expect(await write(project, (trx) => interruptAbandonedJobs(trx, [ids[1]!], 7))).toEqual([ids[2]])
    const states = (await listJobs(project.read, { limit: 9 })).map(({ state }) => state)
    expect(states).toEqual(['interrupted', 'running', 'done'])
    await write(project, (trx) => resumeJob(trx, ids[2]!, 8))
    const resumed = { state: 'running', startedAt: 5, updatedAt: 8, finishedAt: null, pid: process.pid }
    expect(await getJob(project.read, ids[2]!)).toMatchObject(resumed)
    for (const id of [ids[0]!, ids[1]!, 99 as JobId]) {
      await expect(write(project, (trx) => resumeJob(trx, id, 9))).rejects.toMatchObject({ code: 'record.missing' })
    }
  })

  it('are listed the newest first, page by page', async () => {
    const project = await makeProject()
    for (let index = 0; index < 4; index++) await write(project, (trx) => startJob(trx, asked, 5))
    const first = await listJobs(project.read, { limit: 3 })
    expect(first.map(({ id }) => id)).toEqual([4, 3, 2])
    expect((await listJobs(project.read, { after: first[2]!.id, limit: 3 })).map(({ id }) => id)).toEqual([1])
  })
})

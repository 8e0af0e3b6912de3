import { describe, expect, it } from 'vitest'
import { OpenProjects } from '#main/engine/open-projects.ts'
import { countImages } from '#main/project/image-repository.ts'
import { makeProject } from '../../builders/project.ts'
import { codeOf } from './engine-tools.ts'

const { signal } = new AbortController()
const nothing = (): Promise<void> => Promise.resolve()

describe('an open project', () => {
  it('stays open until the calls that use it have ended', async () => {
    const projects = new OpenProjects()
    const handle = projects.add(await makeProject({ images: 3 }))
    const project = projects.get(handle)
    const log: string[] = []
    const mayRead = Promise.withResolvers<undefined>()
    const call = projects.during(handle, signal, async () => {
      await mayRead.promise
      log.push(`read ${await countImages(project.read)}`)
      return 'read'
    })
    const closing = projects
      .close(handle, () => Promise.resolve(void log.push('before close')))
      .then(() => log.push('closed'))
    expect(await codeOf(projects.during(handle, signal, () => Promise.resolve('too late')))).toBe('record.missing')
    mayRead.resolve(undefined)
    expect(await call).toBe('read')
    await closing
    expect(log).toEqual(['read 3', 'before close', 'closed'])
  })

  it('cancels the calls that use it when it is closed, and says why', async () => {
    const projects = new OpenProjects()
    const handle = projects.add(await makeProject())
    const untilAborted = (stop: AbortSignal): Promise<never> =>
      new Promise((_, reject) => stop.addEventListener('abort', () => reject(stop.reason as Error)))
    const call = codeOf(projects.during(handle, signal, untilAborted))
    await projects.close(handle, nothing)
    expect(await call).toBe('aborted')
  })

  it('leaves a call that the caller cancels, or that fails by itself, its own error', async () => {
    const projects = new OpenProjects()
    const handle = projects.add(await makeProject())
    const own = AbortSignal.abort(new Error('by the caller'))
    const call = projects.during(handle, own, (stop) => Promise.reject(stop.reason as Error))
    await expect(call).rejects.toThrow('by the caller')
    await expect(projects.during(handle, signal, () => Promise.reject(new Error('by itself')))).rejects.toThrow(
      'by itself',
    )
    await projects.dispose(nothing)
    expect(await codeOf(projects.close(handle, nothing))).toBe('record.missing')
  })
})

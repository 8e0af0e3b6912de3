import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import type { CommandContext } from '#main/cli/command.ts'
import { withProject } from '#main/cli/with-project.ts'

/** An engine that cannot close projects properly, and counts how often it was asked to. */
function failingEngine(): { context: Pick<CommandContext, 'engine' | 'signal'>; nCloses: () => number } {
  let nCloses = 0
  const engine = {
    'project.open': () => Promise.resolve({ project: 7 }),
    'project.close': () => {
      nCloses++
      return Promise.reject(new AppError('file.unwritable', 'cannot be closed'))
    },
  } as unknown as CommandContext['engine']
  return { context: { engine, signal: new AbortController().signal }, nCloses: () => nCloses }
}

const place = { path: 'p.obalex', mode: 'write' } as const

describe('withProject', () => {
  it('says what went wrong first, not what followed from it', async () => {
    const { context, nCloses } = failingEngine()
    const work = () => Promise.reject(new AppError('file.missing', 'the work failed'))
    await expect(withProject(context, place, work)).rejects.toMatchObject({ code: 'file.missing' })
    expect(nCloses()).toBe(1)
  })

  it('does not hide that a project could not be closed', async () => {
    const { context, nCloses } = failingEngine()
    const work = (project: number) => Promise.resolve(project)
    await expect(withProject(context, place, work)).rejects.toMatchObject({ message: 'cannot be closed' })
    expect(nCloses()).toBe(1)
  })
})

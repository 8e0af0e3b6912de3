import { describe, expect, it } from 'vitest'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import { LoadedClassifiers } from '#main/compute/loaded-classifiers.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { selfTestGraph, selfTestLayer } from '#main/tensor/self-test.ts'
import { naiveClassifier } from '../explainers/small-classifier.ts'

interface Request {
  readonly name: string
  readonly bytes: number
}

/** Loads classifiers of nested loops that say they have so many bytes, and notes what is loaded and dropped. */
function library(mostBytes: number) {
  const events: string[] = []
  const hashes = new Map<string, string>()
  const load = ({ name, bytes }: Request): Promise<Classifier> => {
    events.push(`+${name}`)
    const classifier = naiveClassifier(selfTestGraph, selfTestLayer)
    const info: ClassifierInfo = { ...classifier.info, sha256: hashes.get(name) ?? name }
    const dispose = (): Promise<void> => {
      events.push(`-${name}`)
      return Promise.resolve()
    }
    return Promise.resolve({ ...classifier, info, bytes, dispose })
  }
  return { classifiers: new LoadedClassifiers<Request>(load, mostBytes), events, hashes }
}

describe('the classifiers of a compute process', () => {
  it('are dropped where the memory is wanted, the longest unused first, and come back when they are asked for', async () => {
    const { classifiers, events } = library(250)
    const a = await classifiers.add({ name: 'a', bytes: 100 })
    const b = await classifiers.add({ name: 'b', bytes: 100 })
    await classifiers.get(a.handle) // b is now the one that was not used for longest
    const c = await classifiers.add({ name: 'c', bytes: 100 })
    expect(events).toEqual(['+a', '+b', '+c', '-b'])
    expect((await classifiers.get(b.handle)).info.sha256).toBe('b')
    expect(events.slice(4)).toEqual(['+b', '-a'])
    await classifiers.get(c.handle)
    expect(events).toHaveLength(6)
  })

  it('may be larger than the memory that they may take, one at a time', async () => {
    const { classifiers, events } = library(50)
    const { handle, info } = await classifiers.add({ name: 'a', bytes: 1000 })
    expect(info.sha256).toBe('a')
    await classifiers.get(handle)
    expect(events).toEqual(['+a'])
    await classifiers.add({ name: 'b', bytes: 1 })
    expect(events).toEqual(['+a', '+b', '-a'])
  })

  it('are those that were asked for: one that was replaced on the disk meanwhile is refused', async () => {
    const { classifiers, events, hashes } = library(100)
    const { handle } = await classifiers.add({ name: 'a', bytes: 100 })
    await classifiers.add({ name: 'b', bytes: 100 })
    hashes.set('a', 'another')
    await expect(classifiers.get(handle)).rejects.toMatchObject({ code: 'model.changed' })
    expect(events).toEqual(['+a', '+b', '-a', '+a', '-a'])
  })

  it('are gone for good once they are removed', async () => {
    const { classifiers, events } = library(100)
    const { handle } = await classifiers.add({ name: 'a', bytes: 100 })
    await classifiers.remove(handle)
    await expect(classifiers.get(handle)).rejects.toMatchObject({ code: 'model.changed' })
    expect(events).toEqual(['+a', '-a'])
  })
})

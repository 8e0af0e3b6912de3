import { sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { engineNode } from '#main/desktop/engine-node.ts'
import { projectArgument } from '#main/desktop/project-argument.ts'

describe('the project that a command line names', () => {
  it('is found behind switches and the folder of the program', () => {
    const found = projectArgument(['electron', '--no-sandbox', '/program', 'pets.obalex'], `${sep}home`)
    expect(found).toBe(`${sep}home${sep}pets.obalex`)
    expect(projectArgument(['electron', `${sep}a${sep}b.obalex`], `${sep}home`)).toBe(`${sep}a${sep}b.obalex`)
  })

  it('is none where there is none, and never a switch', () => {
    expect(projectArgument(['electron'], '/home')).toBeNull()
    expect(projectArgument(['pets.obalex', '/program', '--file=x.obalex', 'notes.txt'], '/home')).toBeNull()
  })
})

describe('the Node that runs the engine', () => {
  it('is Electron’s own where that is new enough', () => {
    expect(engineNode({}, { node: '24.1.0' })).toBeNull()
    expect(engineNode({}, { node: '22.0.0' })).toBeNull()
  })

  it('is the one that was asked for', () => {
    expect(engineNode({ OBALEX_ENGINE_NODE: '/node' }, { node: '24.1.0' })).toBe('/node')
    expect(engineNode({ OBALEX_ENGINE_NODE: '/node' }, { node: '16.17.1' })).toBe('/node')
  })

  it('has to be named where Electron’s is too old, because its modules would end the process', () => {
    expect(() => engineNode({}, { node: '16.17.1' })).toThrow(/16\.17\.1.*OBALEX_ENGINE_NODE/)
  })
})

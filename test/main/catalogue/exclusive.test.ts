import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { takeExclusively } from '#main/catalogue/exclusive.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const module = join(import.meta.dirname, '../../../main/catalogue/exclusive.ts')

it('one holder at a time in a process, and the next after it', () => {
  const path = join(temporaryFolder(), '.vgg16.lock')
  const release = takeExclusively(path)
  expect(release).not.toBeNull()
  expect(takeExclusively(path)).toBeNull()
  release!()
  takeExclusively(path)!()
  expect(statSync(path).size).toBe(0)
})

it('a process that is killed gives it free', async () => {
  const path = join(temporaryFolder(), '.vgg16.lock')
  const program = `
    const { takeExclusively } = await import(${JSON.stringify(module)})
    globalThis.release = takeExclusively(${JSON.stringify(path)}) // kept: what is collected is closed
    setInterval(() => undefined, 1000)
    console.log('held')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: join(import.meta.dirname, '../../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  expect(takeExclusively(path)).toBeNull()
  child.kill('SIGKILL')
  await once(child, 'exit')
  takeExclusively(path)!()
})

it('a place that cannot be written is no holder', () => {
  const folder = join(temporaryFolder(), 'folder.lock')
  mkdirSync(folder)
  expect(() => takeExclusively(folder)).toThrow(expect.objectContaining({ code: 'file.unwritable' }) as Error)
})

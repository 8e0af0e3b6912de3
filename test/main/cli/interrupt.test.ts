import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'

const module = join(import.meta.dirname, '../../../main/cli/interrupt.ts')
/** Work that never ends by itself, and says when it was asked to. */
const program = `
  const { interruptSignal } = await import(${JSON.stringify(module)})
  const signal = interruptSignal()
  signal.addEventListener('abort', () => console.log('aborted'))
  setInterval(() => undefined, 1000)
  console.log('ready')`

describe('Ctrl+C', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s aborts once, takes its echo for the same one, and ends the process the second time',
    async (signal) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
      const exited = once(child, 'exit')
      while (!said.includes('ready')) await once(child.stdout, 'data')
      child.kill(signal)
      while (!said.includes('aborted')) await once(child.stdout, 'data')
      child.kill('SIGINT') // what a wrapper hands on
      await wait(600) // longer than an echo takes
      expect(child.exitCode).toBeNull()
      child.kill(signal)
      expect(await exited).toEqual([130, null])
      expect(said).toBe('ready\naborted\n')
    },
  )

  it('is what the end of the wrapper that started the process counts as', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let said = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (said += text))
    while (!said.includes('ready')) await once(child.stdout!, 'data')
    child.disconnect()
    while (!said.includes('aborted')) await once(child.stdout!, 'data')
    expect(said).toBe('ready\naborted\n')
  })
})

describe('the channel to the wrapper', () => {
  it('keeps no process alive that has nothing to do any more', async () => {
    const idle = `await import(${JSON.stringify(module)}).then(({ interruptSignal }) => interruptSignal())`
    const child = spawn(process.execPath, ['--input-type=module', '-e', idle], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

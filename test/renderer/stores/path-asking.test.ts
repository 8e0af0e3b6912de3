import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useDesktop } from '../../../renderer/stores/desktop.ts'
import { askForPath } from '../../../renderer/stores/path-asking.ts'
import { useShell } from '../../../renderer/stores/shell.ts'
import { makeWindow } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

/** A system whose own dialog gives a path. */
function systemThatPicks(path: string | null) {
  const pickPath = vi.fn(() => Promise.resolve(path))
  Object.assign(useDesktop(), { isHere: true, pickPath })
  return pickPath
}

describe('asking for a path', () => {
  beforeEach(() => void makeWindow())

  it('is the page’s in a browser, which keeps the path and says why it did not do', async () => {
    let isThere = false
    const taken: string[] = []
    const asking = askForPath('project', (path) => {
      if (!isThere) return Promise.reject(new Error('there is no such file'))
      taken.push(path)
      return Promise.resolve()
    })
    expect(asking.isHere.value).toBe(true)
    await asking.submit('/p/pets.obalex')
    expect([asking.path.value, asking.isBusy.value]).toEqual(['/p/pets.obalex', false])
    expect(asking.error.value).toBe('There is no such file.')
    isThere = true
    await asking.submit('/p/pets.obalex')
    expect([taken, asking.error.value]).toEqual([['/p/pets.obalex'], ''])
  })

  it('is the system’s in the desktop program, and the page’s only where something went wrong', async () => {
    const pickPath = systemThatPicks('/photos')
    const asking = askForPath('folder', () => Promise.reject(new Error('none of them is here')))
    expect(asking.isHere.value).toBe(false)
    await vi.waitFor(() => expect(asking.isHere.value).toBe(true))
    expect(pickPath).toHaveBeenCalledTimes(1)
    expect([asking.path.value, asking.error.value]).toEqual(['/photos', 'None of them is here.'])
  })

  it('ends where no path is chosen', async () => {
    const shell = useShell()
    systemThatPicks(null)
    shell.open('open-project')
    const take = vi.fn(() => Promise.resolve())
    askForPath('project', take)
    await vi.waitFor(() => expect(shell.dialog).toBeNull())
    expect(take).not.toHaveBeenCalled()
  })
})

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { minimumSize, placeWindow, readWindowState } from '#main/desktop/window-state.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const screen = { x: 0, y: 0, width: 1920, height: 1080 }
const second = { x: 1920, y: 0, width: 1280, height: 1024 }
const last = { x: 2000, y: 50, width: 1200, height: 800, isMaximized: false }

describe('where a window opens', () => {
  it('is where the last one was, on whichever screen', () => {
    expect(placeWindow(last, [screen, second])).toEqual({ x: 2000, y: 50, width: 1200, height: 800 })
  })

  it('is the middle of the main screen where that one is gone', () => {
    expect(placeWindow(last, [screen])).toEqual({ width: 1440, height: 900 })
    expect(placeWindow({ ...last, x: 0, y: -600 }, [screen])).not.toHaveProperty('x')
  })

  it('is never smaller than what everything fits into', () => {
    expect(placeWindow({ ...last, width: 300, height: 200 }, [screen, second])).toMatchObject(minimumSize)
    expect(placeWindow(null, [{ ...screen, width: 800, height: 600 }])).toEqual(minimumSize)
  })

  it('is remembered in a file, and one that cannot be read is no last time', () => {
    const file = join(temporaryFolder(), 'window.json')
    expect(readWindowState(file)).toBeNull()
    writeFileSync(file, JSON.stringify(last))
    expect(readWindowState(file)).toEqual(last)
    for (const text of ['', '{', '{"x": 1}', JSON.stringify({ ...last, width: -1 })]) {
      writeFileSync(file, text)
      expect(readWindowState(file)).toBeNull()
    }
    const folder = join(temporaryFolder(), 'folder')
    mkdirSync(folder)
    expect(readWindowState(folder)).toBeNull()
  })
})

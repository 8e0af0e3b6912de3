import { describe, expect, it } from 'vitest'
import { acceleratorOf } from '#main/desktop/accelerators.ts'

describe('keys in the menus', () => {
  it.each([
    ['Ctrl+Shift+Z', 'CmdOrCtrl+Shift+Z'],
    ['B', 'B'],
    ['ArrowRight', 'Right'],
    ['+', 'Plus'],
    ['Ctrl+=', 'CmdOrCtrl+='],
    ['Shift+[', 'Shift+['],
    ['Ctrl+Alt+1', 'CmdOrCtrl+Alt+1'],
  ])('%s is %s', (keys, accelerator) => {
    expect(acceleratorOf(keys, false)).toBe(accelerator)
  })

  it('leave single ones out on a Mac, where menus take them from who types', () => {
    expect(acceleratorOf('B', true)).toBeUndefined()
    expect(acceleratorOf('Shift+F', true)).toBeUndefined()
    expect(acceleratorOf('Ctrl+K', true)).toBe('CmdOrCtrl+K')
  })
})

import { describe, expect, it } from 'vitest'
import { keyCaps, matchesKeys, parseKeys, type KeyPress } from '../../../renderer/commands/keys.ts'

function press(key: string, code: string, held: Partial<KeyPress> & { altGraph?: boolean } = {}): KeyPress {
  const { altGraph = false, ...rest } = held
  return {
    key,
    code,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    isComposing: false,
    getModifierState: () => altGraph,
    ...rest,
  }
}

function matches(keys: string, pressed: KeyPress, isMac = false): boolean {
  return matchesKeys(parseKeys(keys), pressed, isMac)
}

describe('matchesKeys', () => {
  it('takes letters by what is typed, whatever key types it', () => {
    expect(matches('Ctrl+Z', press('z', 'KeyY', { ctrlKey: true }))).toBe(true)
    expect(matches('Ctrl+Z', press('y', 'KeyZ', { ctrlKey: true }))).toBe(false)
  })

  it('takes letters with Caps Lock on', () => {
    expect(matches('B', press('B', 'KeyB'))).toBe(true)
  })

  it('takes brackets and backquote by where they lie', () => {
    expect(matches('[', press('ü', 'BracketLeft'))).toBe(true)
    expect(matches('`', press('^', 'Backquote'))).toBe(true)
    expect(matches('[', press('[', 'Digit8'))).toBe(false)
  })

  it('takes digits of both rows, also where they need Shift to be typed', () => {
    expect(matches('1', press('&', 'Digit1'))).toBe(true)
    expect(matches('1', press('1', 'Numpad1'))).toBe(true)
    expect(matches('1', press('!', 'Digit1', { shiftKey: true }))).toBe(false)
  })

  it('takes signs however they are typed', () => {
    expect(matches('+', press('+', 'Equal', { shiftKey: true }))).toBe(true)
    expect(matches('+', press('+', 'BracketRight'))).toBe(true)
  })

  it('tells modifiers apart', () => {
    const held = press('Z', 'KeyZ', { ctrlKey: true, shiftKey: true })
    expect(matches('Ctrl+Shift+Z', held)).toBe(true)
    expect(matches('Ctrl+Z', held)).toBe(false)
    expect(matches('G', press('g', 'KeyG', { altKey: true }))).toBe(false)
  })

  it('never takes AltGr for Ctrl+Alt', () => {
    const altGr = press('1', 'Digit1', { ctrlKey: true, altKey: true, altGraph: true })
    expect(matches('Ctrl+Alt+1', altGr)).toBe(false)
  })

  it('leaves a character alone that is being composed', () => {
    expect(matches('N', press('n', 'KeyN', { isComposing: true }))).toBe(false)
  })

  it('takes the command key on a Mac', () => {
    expect(matches('Ctrl+K', press('k', 'KeyK', { metaKey: true }), true)).toBe(true)
    expect(matches('Ctrl+K', press('k', 'KeyK', { ctrlKey: true }), true)).toBe(false)
  })
})

describe('keyCaps', () => {
  it('names the caps as a keyboard does', () => {
    expect(keyCaps('Ctrl+Shift+z', false)).toEqual(['Ctrl', 'Shift', 'Z'])
    expect(keyCaps('Ctrl+Backspace', true)).toEqual(['⌘', '⌫'])
    expect(keyCaps('+', false)).toEqual(['+'])
  })
})

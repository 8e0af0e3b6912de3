/** A key with its modifiers. */
export interface KeyStroke {
  readonly isCtrl: boolean
  readonly isAlt: boolean
  /** null: whatever it takes to type the character, such as `+` */
  readonly isShift: boolean | null
  /** KeyboardEvent.code for what is matched by position; null: by `key` */
  readonly code: string | null
  /** KeyboardEvent.key, lower case */
  readonly key: string
}

/** What of a KeyboardEvent matching needs. */
export type KeyPress = Pick<
  KeyboardEvent,
  'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing'
> & {
  getModifierState(key: 'AltGraph'): boolean
}

/** Keys that are matched by where they lie, because layouts move their characters about. */
const positions: Readonly<Record<string, string>> = { '[': 'BracketLeft', ']': 'BracketRight', '`': 'Backquote' }

const namedKeys: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  Backspace: '⌫',
  Escape: 'Esc',
  ' ': 'Space',
}

/**
 * Reads keys as they are written in the table of commands: `Ctrl+Shift+Z`, `[`, `F6`, `+`. Ctrl stands for ⌘ on a Mac.
 */
export function parseKeys(keys: string): KeyStroke {
  const parts = keys === '+' ? ['+'] : keys.split(/\+(?=.)/)
  const name = parts.at(-1)!
  const isCharacter = name.length === 1 && !/[a-z0-9]/i.test(name)
  const code = positions[name] ?? (/^\d$/.test(name) ? `Digit${name}` : null)
  const isShift = parts.includes('Shift') ? true : isCharacter && code === null ? null : false
  return { isCtrl: parts.includes('Ctrl'), isAlt: parts.includes('Alt'), isShift, code, key: name.toLowerCase() }
}

/** Whether a press is this stroke. AltGr is never Ctrl+Alt, and nothing matches while a character is composed. */
export function matchesKeys(stroke: KeyStroke, press: KeyPress, isMac: boolean): boolean {
  if (press.isComposing || press.getModifierState('AltGraph')) return false
  const isCtrl = isMac ? press.metaKey : press.ctrlKey
  const isOther = isMac ? press.ctrlKey : press.metaKey
  if (isOther || isCtrl !== stroke.isCtrl || press.altKey !== stroke.isAlt) return false
  if (stroke.isShift !== null && stroke.isShift !== press.shiftKey) return false
  if (stroke.code === null) return press.key.toLowerCase() === stroke.key
  return press.code === stroke.code || press.code === stroke.code.replace('Digit', 'Numpad')
}

/** The caps of a stroke as they are drawn: `['Ctrl', 'Shift', 'Z']`. */
export function keyCaps(keys: string, isMac: boolean): string[] {
  const parts = keys === '+' ? ['+'] : keys.split(/\+(?=.)/)
  return parts.map((part) => {
    if (part === 'Ctrl') return isMac ? '⌘' : 'Ctrl'
    if (part === 'Alt') return isMac ? '⌥' : 'Alt'
    return namedKeys[part] ?? (part.length === 1 ? part.toUpperCase() : part)
  })
}

export const isMac = globalThis.navigator.platform.startsWith('Mac')

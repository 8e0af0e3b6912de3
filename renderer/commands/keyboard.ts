import type { Command } from './command.ts'
import { isMac, matchesKeys, parseKeys, type KeyStroke } from './keys.ts'

const textInputs = new Set(['text', 'search', 'number', 'email', 'url', 'password', 'tel', ''])
/** keys that lists, sliders, radio groups and menus use themselves */
const ownKeys = /^(Arrow\w+| |Home|End|PageUp|PageDown)$/
const ownKeyRoles = '[role=slider], [role=listbox], [role=radiogroup], [role=menu], [role=grid], select, input'
const pressable = 'button, a[href], select, summary, [role=option], [role=row], [role=button], [role=menuitem]'

/** A command with the strokes that run it. */
interface Binding {
  readonly command: Command
  readonly strokes: readonly KeyStroke[]
}

/**
 * Runs commands by key. The first enabled one whose keys fit runs; nothing runs while a text field has the focus (but
 * what is global), and a focused control keeps the keys that are its own. In a part marked `data-enter-saves` Enter is
 * the shortcut's also on a button.
 * @returns stops listening
 */
export function listenToKeys(target: Window, commands: readonly Command[]): () => void {
  const bindings: Binding[] = commands.map((command) => ({ command, strokes: command.keys.map(parseKeys) }))
  const held = new Map<string, Command>()

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented) return
    const focused = event.target instanceof Element ? event.target : null
    const isTyping = isTextField(focused)
    if (isOwnKey(event, focused)) return
    const found = bindings.find(
      ({ command, strokes }) =>
        (!isTyping || command.isGlobal) &&
        strokes.some((stroke) => matchesKeys(stroke, event, isMac)) &&
        command.isEnabled(),
    )
    if (found === undefined) return
    event.preventDefault()
    if (found.command.release !== undefined) {
      if (held.has(event.code)) return
      held.set(event.code, found.command)
    }
    found.command.run()
  }
  const release = (code: string): void => {
    held.get(code)?.release?.()
    held.delete(code)
  }
  const onKeyUp = ({ code }: KeyboardEvent): void => release(code)
  const onBlur = (): void => [...held.keys()].forEach(release)

  target.addEventListener('keydown', onKeyDown)
  target.addEventListener('keyup', onKeyUp)
  target.addEventListener('blur', onBlur)
  return () => {
    target.removeEventListener('keydown', onKeyDown)
    target.removeEventListener('keyup', onKeyUp)
    target.removeEventListener('blur', onBlur)
  }
}

function isTextField(focused: Element | null): boolean {
  if (focused instanceof HTMLInputElement) return textInputs.has(focused.type)
  return focused instanceof HTMLTextAreaElement || (focused instanceof HTMLElement && focused.isContentEditable)
}

function isOwnKey({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, focused: Element | null): boolean {
  if (focused === null || ctrlKey || metaKey || altKey) return false
  if (key === 'Enter') return focused.closest(pressable) !== null && focused.closest('[data-enter-saves]') === null
  if (key === ' ') return focused.closest(pressable) !== null || focused.closest(ownKeyRoles) !== null
  return ownKeys.test(key) && focused.closest(ownKeyRoles) !== null
}

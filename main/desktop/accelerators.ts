/**
 * Keys of the table of commands as Electron writes them. On a Mac menus always take their keys, so single ones are left
 * out there: they would fire while somebody types.
 */
export function acceleratorOf(keys: string, isMac: boolean): string | undefined {
  if (isMac && !/^(Ctrl|Alt)\+/.test(keys)) return undefined
  const parts = keys === '+' ? ['+'] : keys.split(/\+(?=.)/)
  return parts.map((part) => names[part] ?? part).join('+')
}

const names: Readonly<Record<string, string>> = {
  Ctrl: 'CmdOrCtrl',
  '+': 'Plus',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
}

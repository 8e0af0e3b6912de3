import { watch } from 'vue'
import type { Desktop, DesktopMenu } from '#common/contract/desktop.ts'
import { desktop } from '../bridge/desktop.ts'
import { text, type MessageKey } from '../messages/i18n.ts'
import { commandGroups, type Command } from './command.ts'

const zoomStep = 1.1

/** What only the desktop program can do; a browser has its own ways. */
export function desktopCommands(): Command[] {
  if (desktop === null) return []
  const { newWindow, zoom } = desktop
  const command = (id: string, title: MessageKey, keys: string, run: () => void): Command => ({
    id,
    title,
    group: 'window',
    keys: [keys],
    isGlobal: true,
    isEnabled: () => true,
    run,
  })
  return [
    command('window.new', 'command.newWindow', 'Ctrl+Shift+N', newWindow),
    command('interface.larger', 'command.interfaceLarger', 'Ctrl+=', () => zoom(zoomStep)),
    command('interface.smaller', 'command.interfaceSmaller', 'Ctrl+-', () => zoom(1 / zoomStep)),
    command('interface.ownSize', 'command.interfaceOwnSize', 'Ctrl+Alt+0', () => zoom(1)),
  ]
}

/** Keeps the program's menus at what can be done now: every command has its entry. */
export function followMenus(
  { setMenu, onCommand }: Pick<Desktop, 'setMenu' | 'onCommand'>,
  commands: readonly Command[],
): void {
  onCommand((id) => {
    const chosen = commands.find((command) => command.id === id)
    if (chosen?.isEnabled() === true) chosen.run()
  })
  watch(
    () => JSON.stringify(menusOf(commands)),
    (menus) => setMenu(JSON.parse(menus) as DesktopMenu[]),
    { immediate: true },
  )
}

/** The commands as menus, one a group. What lasts while its key is held cannot be chosen from one. */
export function menusOf(commands: readonly Command[]): DesktopMenu[] {
  return commandGroups.map((group) => ({
    title: text(`command.group.${group}`),
    entries: commands
      .filter((command) => command.group === group && command.isHidden !== true && command.release === undefined)
      .map(({ id, title, keys: [keys = null], isEnabled }) => ({
        id,
        title: text(title),
        keys,
        isEnabled: isEnabled(),
      })),
  }))
}

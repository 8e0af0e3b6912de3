import { Menu, type MenuItemConstructorOptions } from 'electron'
import type { DesktopMenu, DesktopMenuEntry } from '#common/contract/desktop.ts'
import { acceleratorOf } from './accelerators.ts'

const isMac = process.platform === 'darwin'

/**
 * Shows the page's commands as the menus of the program, with what the system brings. The page listens to keys by
 * itself: here they are only shown.
 * @param run takes the id of the command that was chosen
 */
export function showMenus(menus: readonly DesktopMenu[], run: (command: string) => void): void {
  const ofPage = menus.map(({ title, entries }): MenuItemConstructorOptions => ({
    label: title,
    submenu: entries.map((entry) => menuItem(entry, run)),
  }))
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      isMac ? { role: 'appMenu' } : { role: 'fileMenu' },
      { role: 'editMenu' },
      ...ofPage,
      ...(isMac ? [{ role: 'windowMenu' } as const] : []),
    ]),
  )
}

function menuItem(
  { id, title, keys, isEnabled }: DesktopMenuEntry,
  run: (command: string) => void,
): MenuItemConstructorOptions {
  const accelerator = keys === null ? undefined : acceleratorOf(keys, isMac)
  return {
    label: title,
    enabled: isEnabled,
    click: () => run(id),
    ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
  }
}

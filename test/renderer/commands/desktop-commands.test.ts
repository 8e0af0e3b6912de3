import { beforeEach, describe, expect, it } from 'vitest'
import { nextTick, ref } from 'vue'
import type { Desktop, DesktopMenu } from '#common/contract/desktop.ts'
import { menusOf, followMenus } from '../../../renderer/commands/desktop-commands.ts'
import { createCommands } from '../../../renderer/commands/table.ts'
import { makeWindow } from '../stores/fake-window.ts'

describe('the menus of the desktop window', () => {
  beforeEach(() => void makeWindow())

  it('have an entry for every command that can be chosen', () => {
    const commands = createCommands()
    const ids = menusOf(commands).flatMap(({ entries }) => entries.map(({ id }) => id))
    const wanted = commands.filter(({ isHidden, release }) => isHidden !== true && release === undefined)
    expect(ids.sort()).toEqual(wanted.map(({ id }) => id).sort())
  })

  it('follow what can be done, and run what is chosen only where it can be', async () => {
    const shown: (readonly DesktopMenu[])[] = []
    const isEnabled = ref(false)
    let choose: (id: string) => void = () => undefined
    let nRuns = 0
    const desktop: Pick<Desktop, 'setMenu' | 'onCommand'> = {
      setMenu: (menus) => void shown.push(menus),
      onCommand: (listener) => (choose = listener),
    }
    followMenus(desktop, [
      {
        id: 'mask.undo',
        title: 'command.undo',
        group: 'mask',
        keys: ['Ctrl+Z'],
        isEnabled: () => isEnabled.value,
        run: () => nRuns++,
      },
    ])
    const entry = (): unknown => shown.at(-1)!.find(({ title }) => title === 'Mask tools')!.entries[0]
    expect(entry()).toEqual({ id: 'mask.undo', title: 'Undo stroke', keys: 'Ctrl+Z', isEnabled: false })
    choose('mask.undo')
    expect(nRuns).toBe(0)
    isEnabled.value = true
    await nextTick()
    expect(entry()).toMatchObject({ isEnabled: true })
    expect(shown).toHaveLength(2)
    choose('mask.undo')
    choose('no.command')
    expect(nRuns).toBe(1)
  })
})

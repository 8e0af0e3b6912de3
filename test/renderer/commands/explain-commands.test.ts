import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Command } from '../../../renderer/commands/command.ts'
import { createCommands } from '../../../renderer/commands/table.ts'
import { useExplain } from '../../../renderer/stores/explain.ts'
import { useImages } from '../../../renderer/stores/images.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useSettings } from '../../../renderer/stores/settings.ts'
import { useShell } from '../../../renderer/stores/shell.ts'
import { makeWindow } from '../stores/fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

/** The command that a key would run now, with an image open in Explain. */
async function openCommands(): Promise<(keys: string) => Command | undefined> {
  makeWindow()
  useExplain()
  await useProject().open('/p/pets.obalex')
  await vi.waitFor(() => expect(useImages().rows).toHaveLength(3))
  useShell().show('explain')
  useExplain().open(1)
  await vi.waitFor(() => expect(useExplain().image?.id).toBe(1))
  const commands = createCommands()
  return (keys) => commands.find((command) => command.keys.includes(keys) && command.isEnabled())
}

describe('keys in Explain', () => {
  it('mean Explain there, and something else elsewhere', async () => {
    const by = await openCommands()
    for (const keys of ['D', 'A', 'M', 'C', ' ', '`', 'H', ',', 'Ctrl+F', 'Shift+G']) {
      expect(by(keys)?.id).toMatch(/^explain\./)
    }
    useShell().show('images')
    expect(by('D')).toBeUndefined()
    useShell().show('explain')
    useShell().open('keyboard')
    expect(by('D')).toBeUndefined()
  })

  it('are each one command', async () => {
    await openCommands()
    const keys = createCommands()
      .filter(({ id }) => id.startsWith('explain.'))
      .flatMap((command) => command.keys)
    expect(keys.filter((each, i) => keys.indexOf(each) !== i)).toEqual([])
  })

  it('go through the images, and change how maps are drawn', async () => {
    const by = await openCommands()
    by('D')?.run()
    expect(useImages().selectedId).toBe(2)
    by('A')?.run()
    expect(useImages().selectedId).toBe(1)
    await vi.waitFor(() => expect(useExplain().image?.id).toBe(1))
    by(',')?.run()
    expect(useSettings().settings.mapOpacity).toBeCloseTo(0.75, 12)
    by('H')?.run()
    expect(useExplain().isOutlineShown).toBe(false)
  })

  it('show the plain photo as long as one is held', async () => {
    const by = await openCommands()
    by(' ')?.run()
    expect(useExplain().isPlain).toBe(true)
    by(' ')?.release?.()
    expect(useExplain().isPlain).toBe(false)
  })

  it('lead back to the matrix', async () => {
    const by = await openCommands()
    expect(by('Escape')).toBeUndefined()
    useExplain().layout = 'averages'
    by('Escape')?.run()
    expect(useExplain().layout).toBe('matrix')
  })

  it('go there by Ctrl+Alt+4; Review stays 3', async () => {
    const by = await openCommands()
    expect([by('Ctrl+Alt+3')?.id, by('Ctrl+Alt+4')?.id]).toEqual(['go.review', 'go.explain'])
  })
})

import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCommands } from '../../../renderer/commands/table.ts'
import type { Command } from '../../../renderer/commands/command.ts'
import { useCanvasView, type CanvasControls } from '../../../renderer/stores/canvas-view.ts'
import { useImages } from '../../../renderer/stores/images.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useReview } from '../../../renderer/stores/review.ts'
import { useSettings } from '../../../renderer/stores/settings.ts'
import { useShell } from '../../../renderer/stores/shell.ts'
import { makeWindow } from '../stores/fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

/** The command that a key would run now. */
async function openCommands(): Promise<{ by: (keys: string) => Command | undefined; did: string[] }> {
  makeWindow()
  useReview()
  await useProject().open('/p/pets.obalex')
  await vi.waitFor(() => expect(useImages().rows).toHaveLength(3))
  await useReview().open(1)
  useShell().show('review')
  const did: string[] = []
  const controls = new Proxy({} as CanvasControls, {
    get: (_, name: string) =>
      name === 'then' ? undefined : (...input: unknown[]) => void did.push([name, ...input].join(' ')),
  })
  useCanvasView().controls = controls
  const commands = createCommands()
  return { by: (keys) => commands.find((command) => command.keys.includes(keys) && command.isEnabled()), did }
}

describe('keys in Review', () => {
  it('finish what is being drawn or shown before they mean anything else', async () => {
    const { by, did } = await openCommands()
    const canvas = useCanvasView()
    expect([by('Enter')?.id, by('Escape'), by('Backspace')]).toEqual(['verdict.save', undefined, undefined])
    canvas.mode = { preview: null, nCorners: 2 }
    for (const keys of ['Enter', 'Backspace', 'Escape']) by(keys)?.run()
    expect(did).toEqual(['finish', 'undo', 'cancel'])
  })

  it('grow by one pixel more each time, and fill holes at once', async () => {
    const { by, did } = await openCommands()
    by('Ctrl+]')?.run()
    useCanvasView().mode = { preview: { kind: 'reshape', reshaping: 'grow', radius: 2 }, nCorners: 0 }
    by('Ctrl+]')?.run()
    by('Ctrl+[')?.run()
    by('Ctrl+Shift+H')?.run()
    expect(did).toEqual(['reshape grow 2', 'reshape grow 3', 'reshape shrink 2', 'reshape fill-holes 1', 'finish'])
  })

  it('swap the last two tools', async () => {
    const { by } = await openCommands()
    for (const keys of ['W', 'P']) by(keys)?.run()
    by('X')?.run()
    expect(useCanvasView().tool).toBe('wand')
    by('X')?.run()
    expect(useCanvasView().tool).toBe('polygon')
  })

  it('set how strongly masks are drawn, and whether as lines or areas', async () => {
    const { by } = await openCommands()
    const { settings } = useSettings()
    expect(settings.maskOpacity).toBe(1)
    by('Shift+]')?.run()
    by('Shift+[')?.run()
    by('Shift+F')?.run()
    expect(useSettings().settings).toMatchObject({ maskOpacity: 0.9, maskStyle: 'fill' })
  })

  it('are each one command where several could be meant', () => {
    makeWindow()
    const keys = createCommands()
      .filter(({ id }) => !/^(reason|mask\.finish|import|explain)\./.test(`${id}.`))
      .flatMap((command) => command.keys)
    expect(keys.filter((each, i) => keys.indexOf(each) !== i)).toEqual([])
  })
})

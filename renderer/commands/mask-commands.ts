import { largestReshapingRadius, type Reshaping } from '../canvas/reshaping.ts'
import type { MessageKey } from '../messages/i18n.ts'
import { useCanvasView, type ToolId } from '../stores/canvas-view.ts'
import { useSettings } from '../stores/settings.ts'
import type { Command } from './command.ts'

const brushStep = 1.25
const firstRadius = { grow: 2, shrink: 2, smooth: 3, 'fill-holes': 1 } as const satisfies Record<Reshaping, number>

interface When {
  /** an image is open on the canvas */
  readonly isEnabled: () => boolean
  readonly canPaint: () => boolean
}

/** What is done to the mask: tools, strokes, changes of the whole mask. */
export function maskCommands({ isEnabled, canPaint }: When): Command[] {
  const canvas = useCanvasView()
  const settings = useSettings()
  const mask = { group: 'mask', isEnabled } as const
  const tool = (id: ToolId, title: MessageKey, ...keys: string[]): Command => ({
    ...mask,
    id: `tool.${id}`,
    title,
    keys,
    run: () => canvas.setTool(id),
  })
  const size = (id: string, title: MessageKey, key: string, factor: number): Command => ({
    ...mask,
    id,
    title,
    keys: [key],
    run: () => settings.scaleBrush(factor),
  })
  return [
    tool('brush', 'command.brush', 'B'),
    tool('eraser', 'command.eraser', 'E'),
    tool('polygon', 'canvas.polygon', 'P'),
    tool('wand', 'canvas.wand', 'W'),
    tool('fill', 'canvas.fill', 'F'),
    tool('machine-brush', 'canvas.machineBrush'),
    tool('pan', 'command.pan', 'V'),
    { ...mask, id: 'tool.swap', title: 'command.swap', keys: ['X'], run: () => canvas.swapTools() },
    size('brush.smaller', 'command.smaller', '[', 1 / brushStep),
    size('brush.larger', 'command.larger', ']', brushStep),
    {
      ...mask,
      id: 'mask.undo',
      title: 'command.undo',
      keys: ['Ctrl+Z'],
      isEnabled: () => canPaint() && (canvas.history.canUndo || canvas.isUnfinished),
      run: () => canvas.controls?.undo(),
    },
    {
      ...mask,
      id: 'mask.redo',
      title: 'command.redo',
      keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
      isEnabled: () => canPaint() && canvas.history.canRedo,
      run: () => canvas.controls?.redo(),
    },
    ...wholeMaskCommands(canPaint),
  ]
}

/** What is being drawn or shown is finished, or dropped, before these keys mean anything else. */
export function unfinishedCommands(isEnabled: () => boolean): Command[] {
  const canvas = useCanvasView()
  const base = { group: 'mask', isHidden: true, isEnabled: () => isEnabled() && canvas.isUnfinished } as const
  const leave = (run: () => void): void => {
    run()
    // what had the focus may be gone with it
    if (!canvas.isUnfinished) canvas.controls?.focus()
  }
  return [
    {
      ...base,
      id: 'mask.finish',
      title: 'canvas.finish',
      keys: ['Enter'],
      run: () => leave(() => canvas.controls?.finish()),
    },
    {
      ...base,
      id: 'mask.stepBack',
      title: 'canvas.stepBack',
      keys: ['Backspace'],
      run: () => canvas.controls?.undo(),
    },
    {
      ...base,
      id: 'mask.leave',
      title: 'canvas.leave',
      keys: ['Escape'],
      run: () => leave(() => canvas.controls?.cancel()),
    },
  ]
}

function wholeMaskCommands(isEnabled: () => boolean): Command[] {
  const canvas = useCanvasView()
  const base = { group: 'mask', isEnabled } as const
  const reshape = (reshaping: Reshaping): void => {
    const open = canvas.mode.preview
    // the same key again goes on from where the first press came to
    const isOpen = open?.kind === 'reshape' && open.reshaping === reshaping
    const radius = isOpen ? Math.min(open.radius + 1, largestReshapingRadius) : firstRadius[reshaping]
    canvas.controls?.reshape(reshaping, radius)
  }
  const command = (reshaping: Reshaping, title: MessageKey, key: string): Command => ({
    ...base,
    id: `mask.${reshaping}`,
    title,
    keys: [key],
    run: () => reshape(reshaping),
  })
  return [
    command('grow', 'canvas.grow', 'Ctrl+]'),
    command('shrink', 'canvas.shrink', 'Ctrl+['),
    command('smooth', 'canvas.smooth', 'Ctrl+Shift+M'),
    {
      ...command('fill-holes', 'canvas.fillHoles', 'Ctrl+Shift+H'),
      run: () => {
        reshape('fill-holes')
        canvas.controls?.finish()
      },
    },
    {
      ...base,
      id: 'mask.backToMachine',
      title: 'command.backToMachine',
      keys: ['Ctrl+Backspace'],
      run: () => canvas.controls?.backToMachine(),
    },
  ]
}

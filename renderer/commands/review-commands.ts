import { useCanvasView, keyOfMap, type LayerId, type ToolId } from '../stores/canvas-view.ts'
import { useReview } from '../stores/review.ts'
import { useProject } from '../stores/project.ts'
import { useSettings } from '../stores/settings.ts'
import { useShell } from '../stores/shell.ts'
import { reviewReasons, verdicts } from '../stores/verdict-draft.ts'
import type { MessageKey } from '../messages/i18n.ts'
import type { Command } from './command.ts'

const brushStep = 1.25
const opacityStep = 0.05
const zoomStep = 1.25

const verdictTitles: readonly MessageKey[] = [
  'command.accept',
  'command.minor',
  'command.reject',
  'command.cannotJudge',
]

/** What can be done with the image under review. */
export function reviewCommands(): Command[] {
  const shell = useShell()
  const review = useReview()
  // the palette lists what can be done behind it
  const isUncovered = (): boolean => shell.dialog === null || shell.dialog === 'palette'
  const isReviewing = (): boolean => shell.workspace === 'review' && isUncovered() && review.image !== null
  return [...verdictCommands(isReviewing), ...queueCommands(isReviewing), ...maskCommands(isReviewing)]
}

function verdictCommands(isReviewing: () => boolean): Command[] {
  const review = useReview()
  const project = useProject()
  const canJudge = (): boolean => isReviewing() && project.isWritable
  const reasons = reviewReasons.map((reason, i) => ({
    id: `reason.${i + 1}`,
    title: 'command.reasons' as const,
    group: 'verdict' as const,
    keys: [String(i + 1)],
    isHidden: true,
    isEnabled: () => canJudge() && review.arePickingReasons,
    run: () => review.toggleReason(reason),
  }))
  const judge = verdicts.map((verdict, i) => ({
    id: `verdict.${i + 1}`,
    title: verdictTitles[i]!,
    group: 'verdict' as const,
    keys: [String(i + 1)],
    isEnabled: canJudge,
    run: () => review.setVerdict(verdict),
  }))
  const rest = { group: 'verdict', isEnabled: canJudge } as const
  return [
    ...reasons,
    ...judge,
    { ...rest, id: 'verdict.save', title: 'command.save', keys: ['Enter'], run: () => void review.save() },
    { ...rest, id: 'verdict.reasons', title: 'command.reasons', keys: ['R'], run: () => review.requestReasons() },
    { ...rest, id: 'verdict.note', title: 'command.note', keys: ['N'], run: () => review.requestNote() },
  ]
}

function queueCommands(isReviewing: () => boolean): Command[] {
  const review = useReview()
  const shell = useShell()
  const base = { group: 'go', isEnabled: isReviewing } as const
  return [
    { ...base, id: 'queue.next', title: 'command.next', keys: ['D', 'ArrowRight'], run: () => review.move(1) },
    { ...base, id: 'queue.previous', title: 'command.previous', keys: ['A', 'ArrowLeft'], run: () => review.move(-1) },
    {
      ...base,
      id: 'queue.nextToDo',
      title: 'command.nextToDo',
      keys: ['Ctrl+Shift+D'],
      run: () => void review.moveToDo(1),
    },
    {
      ...base,
      id: 'queue.previousToDo',
      title: 'command.previousToDo',
      keys: ['Ctrl+Shift+A'],
      run: () => void review.moveToDo(-1),
    },
    {
      ...base,
      group: 'view',
      id: 'queue.toggle',
      title: 'command.queue',
      keys: ['Ctrl+B'],
      run: () => (shell.isQueueShown = !shell.isQueueShown),
    },
    {
      ...base,
      group: 'view',
      id: 'inspector.toggle',
      title: 'command.inspector',
      keys: ['Ctrl+Alt+B'],
      run: () => (shell.isInspectorShown = !shell.isInspectorShown),
    },
  ]
}

function maskCommands(isReviewing: () => boolean): Command[] {
  const canvas = useCanvasView()
  const settings = useSettings()
  const project = useProject()
  const isEnabled = (): boolean => isReviewing() && canvas.controls !== null
  const canPaint = (): boolean => isEnabled() && project.isWritable
  const mask = { group: 'mask', isEnabled } as const
  const tool = (id: ToolId, title: MessageKey, key: string): Command => ({
    ...mask,
    id: `tool.${id}`,
    title,
    keys: [key],
    run: () => canvas.setTool(id),
  })
  return [
    tool('brush', 'command.brush', 'B'),
    tool('eraser', 'command.eraser', 'E'),
    tool('pan', 'command.pan', 'V'),
    { ...mask, id: 'tool.swap', title: 'command.swap', keys: ['X'], run: () => canvas.swapTools() },
    {
      ...mask,
      id: 'brush.smaller',
      title: 'command.smaller',
      keys: ['['],
      run: () => settings.scaleBrush(1 / brushStep),
    },
    { ...mask, id: 'brush.larger', title: 'command.larger', keys: [']'], run: () => settings.scaleBrush(brushStep) },
    {
      ...mask,
      id: 'mask.undo',
      title: 'command.undo',
      keys: ['Ctrl+Z'],
      isEnabled: () => canPaint() && canvas.history.canUndo,
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
    {
      ...mask,
      id: 'mask.backToMachine',
      title: 'command.backToMachine',
      keys: ['Ctrl+Backspace'],
      isEnabled: canPaint,
      run: () => canvas.controls?.backToMachine(),
    },
    ...viewCommands(isEnabled),
  ]
}

function viewCommands(isEnabled: () => boolean): Command[] {
  const canvas = useCanvasView()
  const review = useReview()
  const settings = useSettings()
  const base = { group: 'view', isEnabled } as const
  const layer = (id: LayerId, title: MessageKey, key: string): Command => ({
    ...base,
    id: `layer.${id}`,
    title,
    keys: [key],
    run: () => canvas.toggleLayer(id),
  })
  const changeOpacity = (change: number): void =>
    settings.set('heatMapOpacity', Math.min(Math.max(settings.settings.heatMapOpacity + change, 0), 1))
  const nextMap = (): void => {
    const keys = review.image?.maps.map(keyOfMap) ?? []
    if (keys.length > 0) canvas.mapKey = keys[(keys.indexOf(canvas.mapKey ?? keys[0]!) + 1) % keys.length]!
  }
  return [
    layer('heatMap', 'command.heatMap', 'G'),
    { ...base, id: 'map.next', title: 'command.nextMap', keys: ['Shift+G'], run: nextMap },
    { ...base, id: 'map.less', title: 'command.lessOpacity', keys: [','], run: () => changeOpacity(-opacityStep) },
    { ...base, id: 'map.more', title: 'command.moreOpacity', keys: ['.'], run: () => changeOpacity(opacityStep) },
    layer('difference', 'command.difference', 'J'),
    {
      ...base,
      id: 'masks.hide',
      title: 'command.hideMasks',
      keys: ['H'],
      run: () => (canvas.areMasksHidden = !canvas.areMasksHidden),
    },
    {
      ...base,
      id: 'photo.peek',
      title: 'command.peek',
      keys: ['`'],
      run: () => (canvas.isPeeking = true),
      release: () => (canvas.isPeeking = false),
    },
    { ...base, id: 'zoom.fit', title: 'command.fit', keys: ['Ctrl+F'], run: () => canvas.controls?.fit() },
    {
      ...base,
      id: 'zoom.actual',
      title: 'command.actualSize',
      keys: ['Ctrl+0'],
      run: () => canvas.controls?.zoomTo(1),
    },
    { ...base, id: 'zoom.in', title: 'command.zoomIn', keys: ['+', '='], run: () => canvas.controls?.zoomBy(zoomStep) },
    {
      ...base,
      id: 'zoom.out',
      title: 'command.zoomOut',
      keys: ['-'],
      run: () => canvas.controls?.zoomBy(1 / zoomStep),
    },
    {
      ...base,
      id: 'hints.toggle',
      title: 'command.hints',
      keys: [],
      run: () => settings.set('areHintsShown', !settings.settings.areHintsShown),
    },
  ]
}

import { useExplainControls } from '../stores/explain-controls.ts'
import { useExplainList } from '../stores/explain-list.ts'
import { useExplain } from '../stores/explain.ts'
import { useSettings } from '../stores/settings.ts'
import { useShell } from '../stores/shell.ts'
import type { Command } from './command.ts'

const opacityStep = 0.05
const zoomStep = 1.25

/** What can be done with the image that is explained. Keys of Review mean the same here, as far as there is the same. */
export function explainCommands(): Command[] {
  const shell = useShell()
  const explain = useExplain()
  const isUncovered = (): boolean => shell.dialog === null || shell.dialog === 'palette'
  const isEnabled = (): boolean => shell.workspace === 'explain' && isUncovered() && explain.image !== null
  return [
    ...placeCommands(isEnabled),
    ...lookCommands(isEnabled),
    ...zoomCommands(isEnabled),
    ...panelCommands(isEnabled),
  ]
}

function placeCommands(isEnabled: () => boolean): Command[] {
  const explain = useExplain()
  const list = useExplainList()
  const base = { group: 'explain', isEnabled } as const
  return [
    { ...base, id: 'explain.next', title: 'explain.next', keys: ['D', 'ArrowRight'], run: () => list.move(1) },
    { ...base, id: 'explain.previous', title: 'explain.previous', keys: ['A', 'ArrowLeft'], run: () => list.move(-1) },
    {
      ...base,
      id: 'explain.doubtful',
      title: 'explain.toggleDoubtful',
      keys: ['Shift+D'],
      run: () => (list.order = list.order === 'doubtful' ? 'lowest' : 'doubtful'),
    },
    { ...base, id: 'explain.matrix', title: 'explain.matrixView', keys: ['M'], run: () => explain.setLayout('matrix') },
    { ...base, id: 'explain.pair', title: 'explain.pairView', keys: ['C'], run: () => explain.setLayout('pair') },
    {
      ...base,
      id: 'explain.averages',
      title: 'explain.averagesView',
      keys: [],
      run: () => explain.setLayout('averages'),
    },
    {
      ...base,
      id: 'explain.back',
      title: 'explain.back',
      keys: ['Escape'],
      isEnabled: () => isEnabled() && explain.layout !== 'matrix',
      run: () => explain.setLayout('matrix'),
    },
    {
      ...base,
      id: 'explain.method',
      title: 'explain.nextMethod',
      keys: ['Shift+G'],
      run: () => explain.step('method'),
    },
    { ...base, id: 'explain.model', title: 'explain.nextModel', keys: [], run: () => explain.step('model') },
  ]
}

function lookCommands(isEnabled: () => boolean): Command[] {
  const explain = useExplain()
  const store = useSettings()
  const base = { group: 'explain', isEnabled } as const
  const changeOpacity = (change: number): void =>
    store.set('mapOpacity', Math.min(Math.max(store.settings.mapOpacity + change, 0), 1))
  return [
    {
      ...base,
      id: 'explain.peek',
      title: 'explain.peek',
      keys: [' ', '`'],
      run: () => (explain.isPlain = true),
      release: () => (explain.isPlain = false),
    },
    { ...base, id: 'explain.less', title: 'command.lessOpacity', keys: [','], run: () => changeOpacity(-opacityStep) },
    { ...base, id: 'explain.more', title: 'command.moreOpacity', keys: ['.'], run: () => changeOpacity(opacityStep) },
    {
      ...base,
      id: 'explain.outline',
      title: 'explain.toggleOutline',
      keys: ['H'],
      run: () => (explain.isOutlineShown = !explain.isOutlineShown),
    },
    {
      ...base,
      id: 'explain.detail',
      title: 'explain.toggleDetail',
      keys: [],
      run: () => store.set('mapDetail', store.settings.mapDetail === 'native' ? 'smooth' : 'native'),
    },
  ]
}

function zoomCommands(isEnabled: () => boolean): Command[] {
  const controls = useExplainControls()
  const base = { group: 'explain', isEnabled } as const
  return [
    { ...base, id: 'explain.fit', title: 'explain.fit', keys: ['Ctrl+F'], run: () => controls.cells?.fit() },
    {
      ...base,
      id: 'explain.in',
      title: 'command.zoomIn',
      keys: ['+', '='],
      run: () => controls.cells?.zoomBy(zoomStep),
    },
    {
      ...base,
      id: 'explain.out',
      title: 'command.zoomOut',
      keys: ['-'],
      run: () => controls.cells?.zoomBy(1 / zoomStep),
    },
  ]
}

function panelCommands(isEnabled: () => boolean): Command[] {
  const shell = useShell()
  const base = { group: 'explain', isEnabled } as const
  return [
    {
      ...base,
      id: 'explain.list',
      title: 'command.queue',
      keys: ['Ctrl+B'],
      run: () => (shell.isQueueShown = !shell.isQueueShown),
    },
    {
      ...base,
      id: 'explain.inspector',
      title: 'command.inspector',
      keys: ['Ctrl+Alt+B'],
      run: () => (shell.isInspectorShown = !shell.isInspectorShown),
    },
  ]
}

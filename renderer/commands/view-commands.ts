import { colourMapNames, type ColourMapName } from '#common/explanation/colour-map.ts'
import type { MessageKey } from '../messages/i18n.ts'
import { useCanvasView, type LayerId } from '../stores/canvas-view.ts'
import { useSettings } from '../stores/settings.ts'
import { useShownMaps } from '../stores/shown-maps.ts'
import type { Command } from './command.ts'

const opacityStep = 0.05
const maskOpacityStep = 0.1
const zoomStep = 1.25

/** How the image under review is looked at; nothing of it is undone or stored with the project. */
export function viewCommands(isEnabled: () => boolean): Command[] {
  const canvas = useCanvasView()
  const settings = useSettings()
  const base = { group: 'view', isEnabled } as const
  return [
    ...heatMapCommands(isEnabled),
    ...maskLookCommands(isEnabled),
    ...compareCommands(isEnabled),
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

function heatMapCommands(isEnabled: () => boolean): Command[] {
  const maps = useShownMaps()
  const settings = useSettings()
  const base = { group: 'view', isEnabled } as const
  const changeOpacity = (change: number): void =>
    settings.set('heatMapOpacity', Math.min(Math.max(settings.settings.heatMapOpacity + change, 0), 1))
  const colours = (name: ColourMapName): Command => ({
    ...base,
    id: `map.${name}`,
    title: colourTitles[name],
    keys: [],
    run: () => settings.set('heatMapColours', name),
  })
  return [
    layer('heatMap', 'command.heatMap', 'G', isEnabled),
    { ...base, id: 'map.next', title: 'command.nextMap', keys: ['Shift+G'], run: () => maps.nextMap() },
    { ...base, id: 'map.less', title: 'command.lessOpacity', keys: [','], run: () => changeOpacity(-opacityStep) },
    { ...base, id: 'map.more', title: 'command.moreOpacity', keys: ['.'], run: () => changeOpacity(opacityStep) },
    ...colourMapNames.map(colours),
  ]
}

const colourTitles = {
  inferno: 'canvas.mapInferno',
  viridis: 'canvas.mapViridis',
  cividis: 'canvas.mapCividis',
  grey: 'canvas.mapGrey',
} as const satisfies Record<ColourMapName, MessageKey>

function maskLookCommands(isEnabled: () => boolean): Command[] {
  const canvas = useCanvasView()
  const settings = useSettings()
  const base = { group: 'view', isEnabled } as const
  const changeOpacity = (change: number): void => {
    const next = settings.settings.maskOpacity + change
    settings.set('maskOpacity', Math.round(Math.min(Math.max(next, 0), 1) * 100) / 100)
  }
  return [
    layer('difference', 'command.difference', 'J', isEnabled),
    {
      ...base,
      id: 'masks.hide',
      title: 'command.hideMasks',
      keys: ['H'],
      run: () => (canvas.areMasksHidden = !canvas.areMasksHidden),
    },
    {
      ...base,
      id: 'masks.style',
      title: 'canvas.outlineOrFill',
      keys: ['Shift+F'],
      run: () => settings.set('maskStyle', settings.settings.maskStyle === 'fill' ? 'outline' : 'fill'),
    },
    {
      ...base,
      id: 'masks.less',
      title: 'canvas.maskOpacityLess',
      keys: ['Shift+['],
      run: () => changeOpacity(-maskOpacityStep),
    },
    {
      ...base,
      id: 'masks.more',
      title: 'canvas.maskOpacityMore',
      keys: ['Shift+]'],
      run: () => changeOpacity(maskOpacityStep),
    },
  ]
}

function compareCommands(isEnabled: () => boolean): Command[] {
  const maps = useShownMaps()
  const base = { group: 'view', isEnabled } as const
  return [
    { ...base, id: 'compare.toggle', title: 'canvas.compareOn', keys: ['C'], run: () => maps.toggle() },
    { ...base, id: 'compare.next', title: 'canvas.comparePair', keys: ['Shift+C'], run: () => maps.nextPair() },
  ]
}

function layer(id: LayerId, title: MessageKey, key: string, isEnabled: () => boolean): Command {
  const canvas = useCanvasView()
  return { group: 'view', isEnabled, id: `layer.${id}`, title, keys: [key], run: () => canvas.toggleLayer(id) }
}

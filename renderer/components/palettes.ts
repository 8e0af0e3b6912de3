import { colourMapNames, type ColourMapName } from '#common/explanation/colour-map.ts'
import { text } from '../messages/i18n.ts'

const names = {
  inferno: 'canvas.inferno',
  viridis: 'canvas.viridis',
  cividis: 'canvas.cividis',
  grey: 'canvas.grey',
} as const satisfies Record<ColourMapName, string>

/** The colours that a heat map can be drawn in, to choose from. */
export const palettes: readonly { readonly value: ColourMapName; readonly label: string }[] = colourMapNames.map(
  (value) => ({ value, label: text(names[value]) }),
)

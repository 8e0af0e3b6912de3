import { text } from '../messages/i18n.ts'

type Marker = 'circle' | 'square' | 'triangle' | 'diamond'

const markers: Readonly<Record<string, Marker>> = {
  occlusion: 'circle',
  lime: 'square',
  gradcam: 'triangle',
  'gradcam++': 'diamond',
}

/** CSS has no + in names */
const tokens: Readonly<Record<string, string>> = { 'gradcam++': 'gradcampp' }

const names: Readonly<Record<string, () => string>> = {
  occlusion: () => text('method.occlusion'),
  lime: () => text('method.lime'),
  gradcam: () => text('method.gradcam'),
  'gradcam++': () => text('method.gradcampp'),
  rise: () => text('method.rise'),
  scorecam: () => text('method.scorecam'),
}

/** An explanation method in words; one that this page does not know goes by its id. */
export function methodName(method: string): string {
  return names[method]?.() ?? method
}

/** The shape that stands for a method in rows and charts. */
export function methodMarker(method: string): Marker {
  return markers[method] ?? 'diamond'
}

/** The colour of a method, as CSS. */
export function methodColour(method: string): string {
  return method in markers ? `var(--method-${tokens[method] ?? method})` : 'var(--t2)'
}

const dashes: Readonly<Record<string, string>> = { lime: '6 3', 'gradcam++': '1.5 2.5' }

/** How the line of a method is dashed in charts, as SVG's `stroke-dasharray`. */
export function methodDash(method: string): string {
  return dashes[method] ?? 'none'
}

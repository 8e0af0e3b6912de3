import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('../../renderer/tokens.css', import.meta.url), 'utf8')

/** The custom properties of the rule whose selectors include this one. */
function tokensOf(selector: string): Map<string, string> {
  for (const [, selectors = '', body = ''] of css.matchAll(/([^{}]+)\{([^{}]+)\}/g)) {
    const listed = selectors.replace(/\/\*[\s\S]*?\*\//g, '').split(',')
    if (!listed.some((each) => each.trim() === selector)) continue
    return new Map([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value]))
  }
  throw new Error(`no rule for ${selector}`)
}

/** Relative luminance by WCAG 2.2. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const surfaces = ['bg0', 'bg1', 'bg2', 'bg3']
const texts = ['t1', 't2', 't3', 'accent', 'ok', 'minor', 'bad', 'cj']

describe.each(['dark', 'light'])('tokens of the %s theme', (theme) => {
  const tokens = tokensOf(`[data-theme='${theme}']`)
  const colour = (name: string): string => {
    const value = tokens.get(name)
    if (value === undefined || !/^#[0-9a-f]{6}$/.test(value)) throw new Error(`--${name} is no plain colour`)
    return value
  }

  it.each(texts)('%s can be read on every surface', (name) => {
    const lowest = Math.min(...surfaces.map((surface) => contrast(colour(name), colour(surface))))
    expect(lowest).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['ok', 'minor', 'bad', 'cj', 'accent'])('%s can be read on its own soft fill', (name) => {
    expect(contrast(colour(name), colour(`${name}-soft`))).toBeGreaterThanOrEqual(4.5)
    expect(contrast(colour('t1'), colour(`${name}-soft`))).toBeGreaterThanOrEqual(4.5)
  })

  it('edges of controls stand out on what they lie on', () => {
    for (const surface of ['bg0', 'bg1', 'bg2'])
      expect(contrast(colour('ctl'), colour(surface))).toBeGreaterThanOrEqual(3)
  })

  it('the focus ring stands out on every surface', () => {
    for (const surface of surfaces) expect(contrast(colour('focus'), colour(surface))).toBeGreaterThanOrEqual(3)
  })

  it('the primary button and the verdict glyphs can be read', () => {
    expect(contrast(colour('on-accent'), colour('accent-fill'))).toBeGreaterThanOrEqual(4.5)
    for (const verdict of ['ok', 'minor', 'bad', 'cj']) {
      expect(contrast(colour('on-verdict'), colour(verdict))).toBeGreaterThanOrEqual(4.5)
    }
  })

  it('the canvas surround is a pure grey', () => {
    expect(colour('surround')).toMatch(/^#(..)\1\1$/)
  })

  it('bars of methods stand out on panels', () => {
    for (const method of ['occlusion', 'lime', 'gradcam', 'gradcampp']) {
      expect(contrast(colour(`method-${method}`), colour('bg1'))).toBeGreaterThanOrEqual(3)
    }
  })
})

it('both themes define the same tokens', () => {
  const [dark, light] = ['dark', 'light'].map((theme) => [...tokensOf(`[data-theme='${theme}']`).keys()].sort())
  expect(light).toEqual(dark)
})

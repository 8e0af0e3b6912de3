import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { colourMapNames, colourMaps } from '#common/explanation/colour-map.ts'

const tables = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/explanation/colour-maps.json'), 'utf8'),
) as Readonly<Record<string, string>>

/** Relative luminance of a level, 0…1: WCAG 2. */
function luminance(table: Readonly<Uint8Array>, level: number): number {
  const linear = (channel: number): number => {
    const value = table[3 * level + channel]! / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * linear(0) + 0.7152 * linear(1) + 0.0722 * linear(2)
}

describe('colourMaps', () => {
  it.each(['inferno', 'viridis', 'cividis'] as const)('is %s as matplotlib has it, but for 11 levels', (name) => {
    const original = Uint8Array.from(Buffer.from(tables[name]!, 'hex'))
    const differences = Array.from(original, (value, i) => Math.abs(value - colourMaps[name][i]!))
    expect(original).toHaveLength(768)
    expect(Math.max(...differences)).toBeLessThanOrEqual(11)
    expect(differences.reduce((sum, each) => sum + each, 0) / 768).toBeLessThan(0.8)
  })

  it.each(colourMapNames)('%s gets lighter from level to level, so that it can be read without colours', (name) => {
    const table = colourMaps[name]
    for (let level = 8; level < 256; level += 8) {
      expect(luminance(table, level)).toBeGreaterThan(luminance(table, level - 8))
    }
  })
})

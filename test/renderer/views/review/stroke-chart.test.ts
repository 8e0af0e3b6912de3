import { describe, expect, it } from 'vitest'
import type { StrokeBar } from '../../../../renderer/canvas/stroke-trail.ts'
import { chartOf } from '../../../../renderer/views/review/stroke-chart.ts'

const size = { width: 400, height: 100 }
const map = { id: 1, method: 'gradcam', machine: 0.5, start: 0.5 }

function stroke(added: number, removed: number, score?: number | null): StrokeBar {
  const scores = new Map(score === undefined ? [] : [[1, score]])
  return { instance: 1, added, removed, isUndone: false, scores }
}

describe('the chart of the stroke journal', () => {
  it('has a bar a stroke: what was added goes up, what was removed goes down', () => {
    const { bars } = chartOf([stroke(100, 0), stroke(0, 25), stroke(1, 1)], [], size)
    expect(bars.map(({ after, up, down }) => [after, up, down])).toEqual([
      [1, 20, 0],
      [2, 0, 10],
      [3, 2, 2],
    ])
  })

  it('draws how far each score is from that of the machine mask', () => {
    const chart = chartOf([stroke(9, 0, 0.55), stroke(9, 0, 0.4)], [map], size)
    expect(chart.reach).toBeCloseTo(0.1)
    const { path } = chart.lines[0]!
    const heights = path
      .slice(1)
      .split('L')
      .map((point) => Number(point.split(' ')[1]))
    const full = chart.scoreMiddle - chart.scoreTop
    expect(heights[0]).toBeCloseTo(chart.scoreMiddle, 1)
    expect(heights[1]).toBeCloseTo(chart.scoreMiddle - full / 2, 1)
    expect(heights[2]).toBeCloseTo(chart.scoreMiddle + full, 1)
  })

  it('leaves out what has no score, and a map without one from the machine mask', () => {
    const strokes = [stroke(9, 0, null), stroke(9, 0), stroke(9, 0, 0.6)]
    expect(chartOf(strokes, [map], size).lines[0]!.path.split('L')).toHaveLength(2)
    expect(chartOf(strokes, [{ ...map, machine: null }], size).lines).toEqual([])
  })

  it('never exaggerates a change of less than a hundredth', () => {
    expect(chartOf([stroke(1, 0, 0.501)], [map], size).reach).toBe(0.01)
    expect(chartOf([], [map], size)).toMatchObject({ reach: 0.01, bars: [], lines: [] })
  })

  it('finds the stroke under a place, as it is drawn', () => {
    const strokes = Array.from({ length: 8 }, () => stroke(1, 0))
    const chart = chartOf(strokes, [], size)
    for (let after = 0; after <= 8; after++) expect(chart.strokeAt(chart.xOf(after))).toBe(after)
    expect(chart.strokeAt(10)).toBeNull()
    expect(chart.strokeAt(10_000)).toBe(8)
  })

  it('shows the newest where there is no room for all', () => {
    const strokes = Array.from({ length: 1000 }, () => stroke(1, 0, 0.5))
    const chart = chartOf(strokes, [map], size)
    expect(chart.bars.at(-1)!.after).toBe(1000)
    expect(chart.bars.length).toBeLessThan(60)
    for (const { x, width } of chart.bars) {
      expect(x).toBeGreaterThanOrEqual(chart.left)
      expect(x + width).toBeLessThanOrEqual(size.width)
    }
    expect(chart.strokeAt(chart.xOf(990))).toBe(990)
  })
})

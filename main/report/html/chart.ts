import type { Interval } from '#common/statistics/bootstrap.ts'
import { html, type Markup } from './markup.ts'

/** Places along a chart are shares of its width, so that it has the width of its column and nothing is distorted. */
function at(value: number): string {
  return `${(100 * Math.min(1, Math.max(0, value))).toFixed(2)}%`
}

export interface Mark {
  readonly value: number | null
  readonly interval: Interval | null
  /** the score that a map without preference would get; null: not drawn */
  readonly areaShare: number | null
}

/**
 * One row of a chart from 0 to 1: a bar for the interval, a dot for the value, a dashed tick for the area share.
 * @param words what the drawing says, for those who do not see it
 */
export function track({ value, interval, areaShare }: Mark, words: string): Markup {
  const middle = 12
  return html`<svg height="24" role="img" aria-label="${words}">
    ${[0, 0.25, 0.5, 0.75, 1].map((x) => html`<line class="grid" x1="${at(x)}" x2="${at(x)}" y1="0" y2="24" />`)}
    <line class="base" x1="0" x2="100%" y1="${middle}" y2="${middle}" />
    ${interval && html`<line class="interval" x1="${at(interval[0])}" x2="${at(interval[1])}" y1="${middle}" y2="${middle}" />${interval.map((end) => html`<line class="mean" x1="${at(end)}" x2="${at(end)}" y1="${middle - 5}" y2="${middle + 5}" />`)}`}
    ${areaShare === null ? null : html`<line class="share" x1="${at(areaShare)}" x2="${at(areaShare)}" y1="2" y2="22" />`}
    ${value === null ? null : html`<circle class="dot" cx="${at(value)}" cy="${middle}" r="4.5" />`}
  </svg>`
}

/** The numbers below the rows of a chart. */
export function axis(): Markup {
  const labels = [
    [0, 'start'],
    [0.25, 'middle'],
    [0.5, 'middle'],
    [0.75, 'middle'],
    [1, 'end'],
  ] as const
  return html`<svg height="16" aria-hidden="true">
    ${labels.map(([x, anchor]) => html`<text x="${at(x)}" y="12" text-anchor="${anchor}">${x}</text>`)}
  </svg>`
}

/** A small bar from 0 to the value, with a tick for the area share. */
export function meter({ value, areaShare }: Omit<Mark, 'interval'>): Markup {
  return html`<svg class="meter" height="10" aria-hidden="true">
    <line class="base" x1="0" x2="100%" y1="5" y2="5" />
    ${value === null ? null : html`<line class="fill" x1="0" x2="${at(value)}" y1="5" y2="5" />`}
    ${areaShare === null ? null : html`<line class="share" x1="${at(areaShare)}" x2="${at(areaShare)}" y1="0" y2="10" />`}
  </svg>`
}

/**
 * How values spread over 0…1.
 * @param counts values in bins of equal width
 * @param highest the count that is as high as the chart, the same for all charts that are compared
 */
export function histogram(
  counts: readonly number[],
  {
    highest,
    mean,
    areaShare,
    words,
  }: {
    readonly highest: number
    readonly mean: number | null
    readonly areaShare: number | null
    readonly words: string
  },
): Markup {
  const height = 88
  const bars = counts.map((n, i) => {
    const tall = highest === 0 ? 0 : (n / highest) * (height - 8)
    const [x, width] = [at((i + 0.06) / counts.length), at(0.88 / counts.length)]
    return html`<rect
      class="bar"
      x="${x}"
      width="${width}"
      y="${(height - tall).toFixed(1)}"
      height="${tall.toFixed(1)}"
    />`
  })
  return html`<svg height="${height}" role="img" aria-label="${words}">
    ${bars}
    <line class="base" x1="0" x2="100%" y1="${height}" y2="${height}" />
    ${areaShare === null ? null : html`<line class="share" x1="${at(areaShare)}" x2="${at(areaShare)}" y1="0" y2="${height}" />`}
    ${mean === null ? null : html`<line class="mean" x1="${at(mean)}" x2="${at(mean)}" y1="0" y2="${height}" />`}
  </svg>`
}

/** What the signs of the charts mean. */
export function key(): Markup {
  return html`<ul class="key">
    <li>
      <svg aria-hidden="true"><circle class="dot" cx="14" cy="7" r="4.5" /></svg>value
    </li>
    <li>
      <svg aria-hidden="true">
        <line class="interval" x1="2" x2="26" y1="7" y2="7" />
        <line class="mean" x1="2" x2="2" y1="2" y2="12" />
        <line class="mean" x1="26" x2="26" y1="2" y2="12" /></svg
      >95 % interval
    </li>
    <li>
      <svg aria-hidden="true"><line class="share" x1="14" x2="14" y1="0" y2="14" /></svg>area share: what a map without
      preference would get
    </li>
  </ul>`
}

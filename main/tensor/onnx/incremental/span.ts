import type { Window } from '../../graph.ts'

/**
 * Where, along one axis of a feature map, the values of occluded photos may differ from the clean one's: an interval for
 * each position of the patch, `starts[i]` to `starts[i] + sizes[i]`. It may reach past the map's ends.
 */
export interface Span {
  readonly starts: readonly number[]
  readonly sizes: readonly number[]
}

/** The windows of a feature map in which occluded photos may differ from the clean one: a span a patch row and column. */
export interface Area {
  readonly rows: Span
  /** all of one size: the patches of a row are computed together */
  readonly cols: Span
}

/** A window of an operation along one axis; `size` counts the gaps of a dilation. */
export interface AxisWindow {
  readonly size: number
  readonly stride: number
  readonly before: number
  readonly after: number
}

export function axisWindow(
  { size, strides, pads }: Window,
  dilations: readonly [number, number],
  axis: 'rows' | 'cols',
): AxisWindow {
  const i = axis === 'rows' ? 0 : 1
  return {
    size: (size[i] - 1) * dilations[i] + 1,
    stride: strides[i],
    before: pads[2 * i]!,
    after: pads[2 * i + 1]!,
  }
}

/** The whole map, at each position of the patch. */
export function wholeSpan(extent: number, nPositions: number): Span {
  return { starts: Array<number>(nPositions).fill(0), sizes: Array<number>(nPositions).fill(extent) }
}

export function isWhole({ starts, sizes }: Span, extent: number): boolean {
  return starts.every((start) => start === 0) && sizes.every((size) => size === extent)
}

export function isInside({ starts, sizes }: Span, extent: number): boolean {
  return starts.every((start, i) => start >= 0 && start + sizes[i]! <= extent)
}

export function shifted({ starts, sizes }: Span, by: number): Span {
  return { starts: starts.map((start) => start + by), sizes }
}

export function endsOf({ starts, sizes }: Span): number[] {
  return starts.map((start, i) => start + sizes[i]!)
}

/** How far spans reach past the ends of a map, the largest of all. */
export function overhang(span: Span, extent: number): readonly [before: number, after: number] {
  return [Math.max(...span.starts.map((start) => -start), 0), Math.max(...endsOf(span).map((end) => end - extent), 0)]
}

/** The smallest spans that hold all of the spans given. */
export function unionOf(spans: readonly Span[]): Span {
  const starts = spans[0]!.starts.map((_, i) => Math.min(...spans.map((span) => span.starts[i]!)))
  const ends = spans[0]!.starts.map((_, i) => Math.max(...spans.map((span) => span.starts[i]! + span.sizes[i]!)))
  return { starts, sizes: ends.map((end, i) => end - starts[i]!) }
}

/** Outputs of a windowed operation that see a part of the span. @param extent null: also those past the map's ends */
export function seeing({ starts, sizes }: Span, window: AxisWindow, extent: number | null): Span {
  const { size, stride, before } = window
  const first = starts.map((start) => Math.ceil((start + before - size + 1) / stride))
  const last = starts.map((start, i) => Math.floor((start + sizes[i]! - 1 + before) / stride))
  const kept = extent === null ? first : first.map((at) => Math.max(at, 0))
  const ends = extent === null ? last : last.map((at) => Math.min(at, extent - 1))
  // at least one, so that no window is empty
  return { starts: kept, sizes: ends.map((end, i) => Math.max(end + 1 - kept[i]!, 1)) }
}

/** What the outputs in a span are computed from. */
export function seenBy({ starts, sizes }: Span, { size, stride, before }: AxisWindow): Span {
  return {
    starts: starts.map((start) => start * stride - before),
    sizes: sizes.map((n) => (n - 1) * stride + size),
  }
}

/** How an operation computes intervals that lie alike to its stride. */
export interface AlikePadding {
  /** what it reads: the intervals, or what is left where the operation steps over their first values */
  readonly reads: Span
  /** zeros added before and after */
  readonly before: number
  readonly after: number
  readonly made: Span
}

/**
 * Zeros that, added to each interval, make the operation give all outputs that see it; null where the intervals do not
 * lie alike to its stride.
 */
export function paddedAlike(span: Span, window: AxisWindow): AlikePadding | null {
  const outputs = seeing(span, window, null)
  const seen = seenBy(outputs, window)
  const lead = span.starts[0]! - seen.starts[0]!
  if (span.starts.some((start, i) => start - seen.starts[i]! !== lead)) return null
  const skipped = Math.max(-lead, 0)
  const reads = skipped === 0 ? span : { starts: seen.starts, sizes: span.sizes.map((size) => size - skipped) }
  const before = Math.max(lead, 0)
  const ends = endsOf(span)
  const after = Math.max(...endsOf(seen).map((end, i) => end - ends[i]!), 0)
  const sizes = reads.sizes.map((size) => Math.floor((size + before + after - window.size) / window.stride) + 1)
  return { reads, before, after, made: { starts: outputs.starts, sizes } }
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}

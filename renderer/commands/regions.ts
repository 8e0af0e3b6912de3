const focusable = 'button:not(:disabled), a[href], input:not(:disabled), select, textarea, [tabindex="0"]'

/** Puts the focus into the next region (`data-region`, in document order) that has something to focus. */
export function focusRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(
    (region) => region.offsetParent !== null && firstIn(region) !== null,
  )
  if (regions.length === 0) return
  const current = regions.findIndex((region) => region.contains(document.activeElement))
  const next = current === -1 && step === -1 ? regions.length - 1 : (current + step + regions.length) % regions.length
  firstIn(regions[next]!)?.focus()
}

function firstIn(region: HTMLElement): HTMLElement | null {
  return region.matches(focusable) ? region : region.querySelector<HTMLElement>(focusable)
}

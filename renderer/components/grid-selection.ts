import { computed, type ComputedRef } from 'vue'
import { moveInGrid } from './grid-moves.ts'

interface GridSelection {
  /** of the item that is selected; −1: none of these */
  readonly selectedIndex: ComputedRef<number>
  readonly onKeyDown: (event: KeyboardEvent) => void
}

/** Selects and opens items of a grid by keys; the grid itself has the focus. */
export function useGridSelection(grid: {
  readonly items: () => readonly { readonly id: number }[]
  readonly selectedId: () => number | null
  readonly nColumns: () => number
  readonly select: (id: number) => void
  readonly open: (id: number) => void
}): GridSelection {
  const selectedIndex = computed(() => {
    const selected = grid.selectedId()
    return grid.items().findIndex(({ id }) => id === selected)
  })

  function onKeyDown(event: KeyboardEvent): void {
    // keys on a button in it are the button's
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return
    const items = grid.items()
    const selected = items[selectedIndex.value]
    if (event.key === 'Enter' && selected !== undefined) {
      grid.open(selected.id)
      return
    }
    const next = moveInGrid(event.key, selectedIndex.value, { length: items.length, nColumns: grid.nColumns() })
    if (next === null) return
    event.preventDefault()
    grid.select(items[next]!.id)
  }

  return { selectedIndex, onKeyDown }
}

import { describe, expect, it } from 'vitest'
import { useGridSelection } from '../../../renderer/components/grid-selection.ts'

/** A grid of two columns with the images 10, 20 and 30, and what its keys lead to. */
function makeGrid(selected: number | null) {
  const [told, grid] = [[] as string[], {}]
  const { selectedIndex, onKeyDown } = useGridSelection({
    items: () => [10, 20, 30].map((id) => ({ id })),
    selectedId: () => selected,
    nColumns: () => 2,
    select: (id) => told.push(`select ${id}`),
    open: (id) => told.push(`open ${id}`),
  })
  const press = (key: string, more: object = {}): void => {
    const pressed = { key, target: grid, currentTarget: grid, preventDefault: () => told.push('taken'), ...more }
    onKeyDown(pressed as unknown as KeyboardEvent)
  }
  return { told, selectedIndex, press }
}

describe('useGridSelection', () => {
  it('selects with arrows and opens with Enter', () => {
    const { told, selectedIndex, press } = makeGrid(10)
    expect(selectedIndex.value).toBe(0)
    press('ArrowDown')
    press('Enter')
    press('x')
    expect(told).toEqual(['taken', 'select 30', 'open 10'])
  })

  it('leaves keys alone that are a button’s in it, or a command’s', () => {
    const { told, press } = makeGrid(10)
    press('Enter', { target: {} })
    press('End', { ctrlKey: true })
    press('ArrowRight', { altKey: true })
    expect(told).toEqual([])
  })

  it('opens nothing where what is selected is not among them, and begins at the first', () => {
    const { told, selectedIndex, press } = makeGrid(99)
    expect(selectedIndex.value).toBe(-1)
    press('Enter')
    press('ArrowRight')
    expect(told).toEqual(['taken', 'select 10'])
  })
})

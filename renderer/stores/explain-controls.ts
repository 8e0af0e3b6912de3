import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { LinkedCells } from '../canvas/explain/linked-cells.ts'
import type { Point } from '../canvas/viewport.ts'

/** What the cells on screen can be asked for, and what they report. */
export const useExplainControls = defineStore('explain-controls', () => {
  const cells = shallowRef<Pick<LinkedCells, 'fit' | 'zoomBy'> | null>(null)
  /** where the pointer is, photo pixels; null: over no cell */
  const hover = shallowRef<Point | null>(null)

  return { cells, hover }
})

import { afterEach, describe, expect, it, vi } from 'vitest'
import { useCanvasView } from '../../../renderer/stores/canvas-view.ts'
import { useImages } from '../../../renderer/stores/images.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useReview } from '../../../renderer/stores/review.ts'
import { useShownMaps } from '../../../renderer/stores/shown-maps.ts'
import { storedMap } from '../canvas/canvas-tools.ts'
import { makeWindow, reviewedImage } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const grid = { width: 2, height: 1, fit: 'stretch' } as const
const maps = ['occlusion', 'gradcam', 'lime'].map((method, i) => ({
  ...storedMap(i + 1, grid, { values: Float64Array.of(0, 1) }),
  method,
}))

async function openImage(): Promise<ReturnType<typeof useShownMaps>> {
  makeWindow({ 'image.read': ({ image }) => ({ ...reviewedImage(image), maps: [...maps] }) })
  useReview()
  await useProject().open('/p/pets.obalex')
  await vi.waitFor(() => expect(useImages().rows).toHaveLength(3))
  await useReview().open(1)
  return useShownMaps()
}

describe('which maps are shown', () => {
  it('begins with the first and goes round', async () => {
    const shown = await openImage()
    const seen = [0, 1, 2, 3].map(() => {
      const method = shown.shown?.method
      shown.nextMap()
      return method
    })
    expect(seen).toEqual(['occlusion', 'gradcam', 'lime', 'occlusion'])
  })

  it('compares the masks, then the map that is shown with each other one', async () => {
    const shown = await openImage()
    expect(shown.comparison).toBeNull()
    shown.nextPair()
    expect(shown.comparison).toEqual({ place: 0.5, pair: 'masks' })
    shown.nextPair()
    expect(shown.comparison?.pair).toEqual({ map: 2 })
    shown.nextPair()
    expect(shown.comparison?.pair).toEqual({ map: 3 })
    shown.nextPair()
    expect(shown.comparison?.pair).toBe('masks')
    shown.toggle()
    expect(shown.comparison).toBeNull()
  })

  it('compares the masks where the other map is the one that is shown, or is not there', async () => {
    const shown = await openImage()
    shown.nextPair()
    shown.nextPair()
    shown.nextMap()
    expect(shown.shown?.method).toBe('gradcam')
    expect(shown.comparison?.pair).toBe('masks')
    useCanvasView().mapKey = null
    expect(shown.comparison?.pair).toEqual({ map: 2 })
  })
})

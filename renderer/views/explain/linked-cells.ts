import { onUnmounted, watch } from 'vue'
import { LinkedCells } from '../../canvas/explain/linked-cells.ts'
import { useExplainControls } from '../../stores/explain-controls.ts'
import { useExplain } from '../../stores/explain.ts'
import { useReview } from '../../stores/review.ts'
import { useSettings } from '../../stores/settings.ts'

/** The cells of the page: they follow the image and the look, as long as the component lives that asked for them. */
export function useLinkedCells(): LinkedCells {
  const explain = useExplain()
  const controls = useExplainControls()
  const review = useReview()
  const settings = useSettings()

  const cells = new LinkedCells({
    hovered: (at) => (controls.hover = at),
    photoFailed: () => void explain.refresh(),
  })
  controls.cells = cells

  watch(
    () => explain.image,
    (image) => {
      if (image === null) {
        cells.show(null)
        return
      }
      const { id, width, height, instances, photo } = image
      const tileUrl = (level: number, column: number, row: number): string => review.tile(id, level, column, row)
      cells.show({ id, width, height, instances, tileUrl, isPhotoHere: photo === 'present' })
    },
    { immediate: true },
  )
  watch(
    () => {
      const { heatMapColours, heatMapBlend: blend, mapOpacity: opacity, mapDetail, mapScale: scale } = settings.settings
      const { isPlain, isOutlineShown } = explain
      return { colourMap: heatMapColours, blend, opacity, detail: mapDetail, scale, isPlain, isOutlineShown }
    },
    (look) => cells.setLook(look),
    { immediate: true },
  )
  onUnmounted(() => {
    controls.cells = null
    cells.dispose()
  })
  return cells
}

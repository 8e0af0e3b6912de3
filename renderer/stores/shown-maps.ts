import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { Comparison } from '../canvas/layers/canvas-stage.ts'
import { keyOfMap, useCanvasView } from './canvas-view.ts'
import { useReview } from './review.ts'

/** What is compared: the masks, or the map that is shown with another one, by what is the same from image to image. */
type Pair = 'masks' | { readonly key: string }

/** Which heat maps of the image under review are shown, and what is compared with what. */
export const useShownMaps = defineStore('shown-maps', () => {
  const review = useReview()
  const canvas = useCanvasView()

  const isComparing = ref(false)
  const pair = ref<Pair>('masks')
  /** of the divider, as a share of the canvas's width */
  const place = ref(0.5)

  const maps = computed(() => review.image?.maps ?? [])
  const shown = computed(() => maps.value.find((map) => keyOfMap(map) === canvas.mapKey) ?? maps.value[0] ?? null)
  /** the map right of the divider; null: the masks are compared, or nothing is */
  const other = computed(() => {
    const now = pair.value
    if (!isComparing.value || now === 'masks') return null
    return maps.value.find((map) => keyOfMap(map) === now.key && map !== shown.value) ?? null
  })
  const comparison = computed<Comparison | null>(() => {
    if (!isComparing.value) return null
    return { place: place.value, pair: other.value === null ? 'masks' : { map: other.value.id } }
  })

  function toggle(): void {
    isComparing.value = !isComparing.value
  }

  /** Goes on to the next pair: the masks, then the map that is shown with each of the others. */
  function nextPair(): void {
    const others = maps.value.filter((map) => map !== shown.value).map((map): Pair => ({ key: keyOfMap(map) }))
    const pairs: Pair[] = ['masks', ...others]
    const at = pairs.findIndex((each) => JSON.stringify(each) === JSON.stringify(pair.value))
    if (isComparing.value) pair.value = pairs[(at + 1) % pairs.length]!
    isComparing.value = true
  }

  /** Takes the next map as the one that is shown. */
  function nextMap(): void {
    const { value: now } = shown
    if (now !== null) canvas.mapKey = keyOfMap(maps.value[(maps.value.indexOf(now) + 1) % maps.value.length]!)
  }

  return { maps, shown, other, isComparing, place, comparison, toggle, nextPair, nextMap }
})

import { ref, watch, type Ref } from 'vue'

/** True once a condition has held for so long (ms), until it holds no more: what passes sooner would only flicker. */
export function lasting(condition: () => boolean, ms: number): Readonly<Ref<boolean>> {
  const lasts = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    condition,
    (holds) => {
      clearTimeout(timer)
      lasts.value = false
      if (holds) timer = setTimeout(() => (lasts.value = true), ms)
    },
    { immediate: true },
  )
  return lasts
}

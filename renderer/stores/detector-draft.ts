import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { DetectorInfo, DetectorRequest } from '#common/contract/procedures/detecting.ts'
import { useConnection } from './connection.ts'
import { useModels } from './models.ts'
import { describe } from './toasts.ts'

/** A detector while it is chosen: its files, and what they turned out to be. */
export const useDetectorDraft = defineStore('detector-draft', () => {
  const connection = useConnection()
  const library = useModels()

  const path = ref('')
  const config = ref('')
  /** null: not looked at as it is said now */
  const info = shallowRef<DetectorInfo | null>(null)
  const problem = ref('')
  const isLoading = ref(false)

  /** The catalogue's entry whose file is chosen; null: a file of the person's. */
  const entry = computed(() => library.presentDetectors.find(({ state }) => state.path === path.value.trim()) ?? null)
  /** A whole model; else weights, which a configuration belongs to. */
  const isOnnx = computed(() =>
    entry.value === null
      ? path.value.trim().toLowerCase().endsWith('.onnx')
      : entry.value.detector.architecture === 'onnx',
  )
  /** Whether a configuration may be said; those of the catalogue need none. */
  const hasConfig = computed(() => !isOnnx.value && entry.value === null)
  const request = computed<DetectorRequest>(() => ({
    path: path.value.trim(),
    architecture: isOnnx.value ? 'onnx' : 'maskrcnn',
    ...(!hasConfig.value || config.value.trim() === '' ? {} : { config: config.value.trim() }),
  }))

  watch(request, () => {
    info.value = null
    problem.value = ''
  })

  /** Loads it and tells what it is. */
  async function look(): Promise<void> {
    const asked = request.value
    isLoading.value = true
    problem.value = ''
    try {
      const found = await connection.client['detector.describe']({ detector: asked })
      if (asked === request.value) info.value = found
    } catch (error) {
      if (asked === request.value) problem.value = describe(error)
    } finally {
      isLoading.value = false
    }
  }

  /** Takes an entry of the catalogue, or leaves it. */
  function toggle(id: string): void {
    const row = library.presentDetectors.find((each) => each.id === id)
    path.value = row === undefined || entry.value?.id === id ? '' : row.state.path
  }

  return { path, config, info, problem, isLoading, entry, hasConfig, request, look, toggle }
})

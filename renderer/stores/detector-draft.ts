import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { DetectorInfo, DetectorRequest } from '#common/contract/procedures/detecting.ts'
import { useConnection } from './connection.ts'
import { describe } from './toasts.ts'

/** A detector while it is chosen: its files, and what they turned out to be. */
export const useDetectorDraft = defineStore('detector-draft', () => {
  const connection = useConnection()

  const path = ref('')
  const config = ref('')
  /** null: not looked at as it is said now */
  const info = shallowRef<DetectorInfo | null>(null)
  const problem = ref('')
  const isLoading = ref(false)

  /** A whole model; else weights, which a configuration belongs to. */
  const isOnnx = computed(() => path.value.trim().toLowerCase().endsWith('.onnx'))
  const request = computed<DetectorRequest>(() => ({
    path: path.value.trim(),
    architecture: isOnnx.value ? 'onnx' : 'maskrcnn',
    ...(isOnnx.value || config.value.trim() === '' ? {} : { config: config.value.trim() }),
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

  return { path, config, info, problem, isLoading, isOnnx, request, look }
})

import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { SanityCheck } from '#common/contract/procedures/checking.ts'
import { useConnection } from './connection.ts'
import type { ExplainCell } from './explain-cells.ts'
import { useExplain } from './explain.ts'
import { useProject } from './project.ts'
import { useSettings } from './settings.ts'
import { describe } from './toasts.ts'

/** What is known of one cell. */
export interface Sanity {
  readonly result: SanityCheck | null
  readonly problem: string | null
}

/** Sanity checks of maps, on demand: whether a map depends on what the classifier learned, and on random numbers. */
export const useSanity = defineStore('sanity', () => {
  const connection = useConnection()
  const project = useProject()
  const explain = useExplain()
  const settings = useSettings()

  const done = shallowRef<ReadonlyMap<string, Sanity>>(new Map())
  /** the one that is being made, and the share of it that is done (null: not known); null: none is */
  const running = ref<{ readonly key: string; readonly share: number | null } | null>(null)
  let stop: AbortController | null = null

  function keyOf(cell: ExplainCell): string {
    const { mapVariant, maskRule } = settings.settings
    return JSON.stringify([explain.image?.id, cell.key, mapVariant, maskRule, cell.map?.classIndex])
  }

  async function check(cell: ExplainCell): Promise<void> {
    const { image } = explain
    if (image === null || cell.map === null || running.value !== null) return
    const key = keyOf(cell)
    const { mapVariant: variant, maskRule: maskVariant } = settings.settings
    const own = (stop = new AbortController())
    running.value = { key, share: null }
    try {
      const request = { image: image.id, ...cell.place, variant, maskVariant, classIndex: cell.map.classIndex }
      const options = cell.map.options as Readonly<Record<string, string | number | boolean>>
      const result = await connection.client['explanation.check'](
        { project: project.requireHandle(), ...request, options: { ...options } },
        {
          signal: own.signal,
          onEvent: ({ done: n, total }) => (running.value = { key, share: total === null ? null : n / total }),
        },
      )
      keep(key, { result, problem: null })
    } catch (error) {
      if (!own.signal.aborted) keep(key, { result: null, problem: describe(error) })
    } finally {
      running.value = null
    }
  }

  function keep(key: string, sanity: Sanity): void {
    done.value = new Map([...done.value, [key, sanity]])
  }

  function cancel(): void {
    stop?.abort()
  }

  watch(
    () => project.path,
    () => {
      cancel()
      done.value = new Map()
    },
  )

  return { done, running, keyOf, check, cancel }
})

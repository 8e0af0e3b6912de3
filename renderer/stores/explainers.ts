import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { ExplainerDescription } from '#common/contract/procedures/explaining.ts'
import { useConnection } from './connection.ts'

/** The explanation methods that this program has, in the order in which they are shown. */
export const useExplainers = defineStore('explainers', () => {
  const connection = useConnection()
  const all = shallowRef<readonly ExplainerDescription[]>([])

  /** it was asked for; also where it did not come */
  const isSettled = ref(false)

  /** Reads the list; it stays the same as long as the program runs. */
  async function load(): Promise<void> {
    try {
      if (all.value.length === 0) all.value = (await connection.client['explainers.list']({})).explainers
    } finally {
      isSettled.value = true
    }
  }

  return { all, isSettled, load }
})

import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { EngineClient } from '#common/contract/index.ts'
import { useConnection } from './connection.ts'

export type RecognisedFormat = Awaited<ReturnType<EngineClient['dataset.recognise']>>['formats'][number]

/** What a folder looks like, while it is chosen for an import. */
export const useRecognised = defineStore('recognised', () => {
  const connection = useConnection()
  /** of the folder that was looked at last, the likeliest first */
  const formats = shallowRef<readonly RecognisedFormat[]>([])
  let asked = ''

  async function look(path: string): Promise<void> {
    asked = path
    formats.value = []
    if (path === '') return
    try {
      const found = await connection.client['dataset.recognise']({ path })
      if (asked === path) formats.value = found.formats
    } catch {
      // what is wrong with the path is for the dry run to say
    }
  }

  return { formats, look }
})

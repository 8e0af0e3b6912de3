import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useConnection } from './connection.ts'

export interface RecentProject {
  readonly path: string
  /** ms UTC */
  readonly openedAt: number
  readonly isThere: boolean
}

/** Projects that were opened on this machine. */
export const useRecent = defineStore('recent', () => {
  const connection = useConnection()
  const projects = shallowRef<readonly RecentProject[]>([])

  async function load(): Promise<void> {
    projects.value = (await connection.client['recent.list']({})).projects
  }

  async function forget(path: string): Promise<void> {
    await connection.client['recent.forget']({ path })
    await load()
  }

  return { projects, load, forget }
})

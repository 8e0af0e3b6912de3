import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { text } from '../messages/i18n.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'

/** The classes of the project's models, by the names that people know them by. */
export const useModelClasses = defineStore('model-classes', () => {
  const connection = useConnection()
  const project = useProject()
  /** by id of the model: name of each class */
  const byModel = shallowRef<ReadonlyMap<number, readonly string[]>>(new Map())
  const names = computed(() => [...new Set([...byModel.value.values()].flat())])

  async function load(): Promise<void> {
    const { models } = await connection.client['classes.groups']({ project: project.requireHandle() })
    byModel.value = new Map(
      models.map(({ id, classes }) => [id, classes.map(({ name }, n) => name ?? text('classes.number', { n }))]),
    )
  }

  /** Number of a class of a model; null: it has none of that name. */
  function indexOf(model: number, name: string): number | null {
    const index = byModel.value.get(model)?.indexOf(name) ?? -1
    return index < 0 ? null : index
  }

  watch(
    () => project.path,
    () => (byModel.value = new Map()),
  )

  return { names, load, indexOf }
})

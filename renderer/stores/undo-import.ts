import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ImportFacts, UndoReport } from '#common/contract/procedures/importing.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'
import { describe } from './toasts.ts'

/** Which import is to be undone: those that there are, and what would go with the one that is chosen. */
export const useUndoImport = defineStore('undo-import', () => {
  const connection = useConnection()
  const project = useProject()

  /** the newest first; null: not read yet */
  const imports = shallowRef<readonly ImportFacts[] | null>(null)
  const chosen = ref<number | null>(null)
  /** what would go with it; null: not known yet */
  const report = shallowRef<UndoReport | null>(null)
  const problem = ref('')

  const inForce = computed(() => (imports.value ?? []).filter(({ state }) => state === 'in-force'))
  /** that came in before imports were recorded */
  const nUnrecorded = computed(() => (imports.value ?? []).filter(({ state }) => state === 'unrecorded').length)

  /** Reads the imports of the open project, and looks at the newest one that is in force. */
  async function load(): Promise<void> {
    imports.value = report.value = chosen.value = null
    problem.value = ''
    try {
      imports.value = (await connection.client['imports.list']({ project: project.requireHandle() })).imports
    } catch (error) {
      problem.value = describe(error)
    }
    const [newest] = inForce.value
    if (newest !== undefined) await choose(newest.entry)
  }

  /** Looks what would go with an import, and what stands in the way. */
  async function choose(entry: number): Promise<void> {
    chosen.value = entry
    report.value = null
    problem.value = ''
    try {
      const request = { project: project.requireHandle(), entry, dryRun: true }
      const found = await connection.client['dataset.import.undo'](request)
      if (chosen.value === entry) report.value = found
    } catch (error) {
      if (chosen.value === entry) problem.value = describe(error)
    }
  }

  return { imports, chosen, report, problem, inForce, nUnrecorded, load, choose }
})

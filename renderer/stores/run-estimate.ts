import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { EngineClient } from '#common/contract/index.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'
import { useRunDraft } from './run-draft.ts'

type Estimate = Awaited<ReturnType<EngineClient['run.estimate']>>

/** What the run that is being put together would take. */
export const useRunEstimate = defineStore('run-estimate', () => {
  const connection = useConnection()
  const project = useProject()
  const draft = useRunDraft()

  /** null: not known, or not yet */
  const estimate = shallowRef<Estimate | null>(null)
  let nAsked = 0

  /** Asks for the run as it is put together now; of several answers the one to the last question counts. */
  async function refresh(): Promise<void> {
    const asked = ++nAsked
    estimate.value = null
    // a file of the person's is read first: what is wrong with it is said there
    const isRead = draft.models.every(({ entry, info }) => entry !== null || info !== null)
    if (!draft.isComplete || !isRead || !project.isOpen) return
    const spec = { models: [...draft.requests], methods: draft.methods.map((method) => ({ method })) }
    try {
      const answer = await connection.client['run.estimate']({ project: project.requireHandle(), spec })
      if (asked === nAsked) estimate.value = answer
    } catch {
      // what keeps the engine from it keeps it from the run too, and is said there
    }
  }

  return { estimate, refresh }
})

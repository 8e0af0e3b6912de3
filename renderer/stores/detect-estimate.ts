import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { EngineClient } from '#common/contract/index.ts'
import { useConnection } from './connection.ts'
import type { DetectRequest } from './project-jobs.ts'
import { useProject } from './project.ts'

type Estimate = Awaited<ReturnType<EngineClient['detect.estimate']>>

/** What looking for objects would take. */
export const useDetectEstimate = defineStore('detect-estimate', () => {
  const connection = useConnection()
  const project = useProject()

  /** null: not known, or not yet */
  const estimate = shallowRef<Estimate | null>(null)
  /** a photo is looked at, to be timed */
  const isTiming = ref(false)
  let asked: object = {}
  let stopping = new AbortController()

  /** Asks what is left to do, and has a photo timed where nothing else tells the time; the last question counts. */
  async function refresh(spec: DetectRequest): Promise<void> {
    const question = (asked = {})
    const { signal } = stopping
    const ask = (canTime: boolean) =>
      connection.client['detect.estimate']({ project: project.requireHandle(), spec, canTime }, { signal })
    try {
      for (const canTime of [false, true]) {
        isTiming.value = canTime
        const answer = await ask(canTime)
        if (question !== asked) return
        estimate.value = answer
        isTiming.value = false
        if (answer.seconds !== null) return
      }
    } catch {
      // what keeps the engine from it keeps it from the work too, and is said there
      if (question === asked) isTiming.value = false
    }
  }

  /** Nobody waits for an answer any more. */
  function stop(): void {
    asked = {}
    stopping.abort()
    stopping = new AbortController()
    estimate.value = null
    isTiming.value = false
  }

  return { estimate, isTiming, refresh, stop }
})

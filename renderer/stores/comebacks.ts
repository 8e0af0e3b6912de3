import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { useCanvasView } from './canvas-view.ts'
import { useConnection } from './connection.ts'
import { useJobs } from './jobs.ts'
import { lasting } from './lasting.ts'
import { useProject } from './project.ts'
import { useVerdictSaving } from './verdict-saving.ts'

/** what goes by sooner is told by the status bar alone */
const offAfterMs = 2000
const toldMs = 10_000

/** What is told once the engine is back. */
export interface Comeback {
  /** that waited; all of them are saved */
  readonly nStrokes: number
  /** a job that goes on, and its images that are done */
  readonly job: { readonly title: string; readonly done: number } | null
}

/** Tells when the engine is off for long, and that nothing was lost once it is back. */
export const useComebacks = defineStore('comebacks', () => {
  const connection = useConnection()
  const project = useProject()
  const canvas = useCanvasView()
  const jobs = useJobs()
  const verdicts = useVerdictSaving()

  const isOff = lasting(() => connection.state === 'down', offAfterMs)
  const wasOff = ref(false)
  const nWaited = ref(0)
  const comeback = ref<Comeback | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  /** nothing waits for the engine any more */
  const isCaughtUp = computed(
    () => project.isReady && project.isWritable && canvas.history.nUnsaved === 0 && verdicts.nSaving === 0,
  )

  watch(
    () => connection.state,
    (state) => {
      if (state !== 'down') return
      // it may be lost again before all is caught up
      nWaited.value = Math.max(wasOff.value ? nWaited.value : 0, canvas.history.nUnsaved)
      wasOff.value = project.isOpen
      close()
    },
  )
  watch(
    () => (wasOff.value ? canvas.history.nUnsaved : 0),
    (nUnsaved) => (nWaited.value = Math.max(nWaited.value, nUnsaved)),
    { flush: 'sync' },
  )
  watch(
    () => wasOff.value && isCaughtUp.value,
    (isNews) => {
      if (!isNews) return
      wasOff.value = false
      const [job] = jobs.jobs
      comeback.value = {
        nStrokes: nWaited.value,
        job: job === undefined ? null : { title: job.title, done: job.progress?.done ?? 0 },
      }
      timer = setTimeout(close, toldMs)
    },
  )

  function close(): void {
    clearTimeout(timer)
    comeback.value = null
  }

  return { isOff, comeback, close }
})

import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { AppError } from '#common/contract/errors.ts'
import { asSentence } from '../messages/sentence.ts'

const shownMs = 6000
const nShown = 3

interface ToastAction {
  readonly label: string
  run(): void
}

export interface Toast {
  readonly id: number
  readonly kind: 'done' | 'note' | 'error'
  readonly title: string
  readonly detail?: string | undefined
  readonly action?: ToastAction | undefined
}

/** Short messages. Errors stay until they are closed; the others go after 6 s, not while someone reads them. */
export const useToasts = defineStore('toasts', () => {
  const all = ref<Toast[]>([])
  const isPaused = ref(false)
  const shown = computed(() => all.value.slice(-nShown))
  const timers = new Map<number, ReturnType<typeof setTimeout>>()
  let nextId = 1

  function add(toast: Omit<Toast, 'id'>): number {
    const id = nextId++
    all.value = [...all.value, { ...toast, id }]
    if (toast.kind !== 'error') startTimer(id)
    return id
  }

  function close(id: number): void {
    clearTimeout(timers.get(id))
    timers.delete(id)
    all.value = all.value.filter((toast) => toast.id !== id)
  }

  function startTimer(id: number): void {
    timers.set(
      id,
      setTimeout(() => (isPaused.value ? startTimer(id) : close(id)), shownMs),
    )
  }

  /** Tells what went wrong: what happened, then what the error says can be done. */
  function addError(title: string, error: unknown): void {
    add({ kind: 'error', title, detail: describe(error) })
  }

  return { shown, isPaused, add, close, addError }
})

/** Message and hint of an error, for people. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const hint = error instanceof AppError ? error.hint : undefined
  const sentence = asSentence(error.message)
  return hint === undefined ? sentence : `${sentence} ${hint}`
}

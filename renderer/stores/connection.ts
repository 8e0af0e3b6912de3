import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { EngineClient } from '#common/contract/index.ts'
import { AppError } from '#common/contract/errors.ts'
import type { DoctorReport } from '#common/contract/procedures/engine.ts'

export type ConnectionState = 'connecting' | 'up' | 'down'

/** What the bridge gives: the typed client, and the state of the link it runs over. */
export interface EngineConnection {
  readonly client: EngineClient
  onState(listener: (state: ConnectionState) => void): () => void
}

/** Pictures come by address, not through calls. */
export interface PictureAddresses {
  thumbnailUrl(project: number, image: number, side: number): string
  outlineUrl(project: number, image: number, side: number, saving: number): string
  tileUrl(project: number, image: number, level: number, column: number, row: number): string
}

/** The way to the engine, and what it says of itself. */
export const useConnection = defineStore('connection', () => {
  const state = ref<ConnectionState>('connecting')
  const attached = shallowRef<EngineConnection | null>(null)
  const pictures = shallowRef<PictureAddresses | null>(null)
  const diagnosis = shallowRef<DoctorReport | null>(null)
  const isDiagnosing = ref(false)
  /** how often the link came back; who holds handles of the engine watches it */
  const nReconnects = ref(0)

  const client = computed(() => {
    if (attached.value === null) throw new AppError('link.closed', 'there is no engine')
    return attached.value.client
  })

  function attach(engine: EngineConnection, addresses: PictureAddresses): void {
    attached.value = engine
    pictures.value = addresses
    let wasUp = false
    engine.onState((next) => {
      if (next === 'up' && wasUp) nReconnects.value++
      wasUp ||= next === 'up'
      state.value = next
    })
  }

  /** @param isFresh looks again for what was installed or freed since the last time */
  async function diagnose({ isFresh = false }: { isFresh?: boolean } = {}): Promise<void> {
    if (isDiagnosing.value) return
    isDiagnosing.value = true
    try {
      diagnosis.value = await client.value['engine.diagnose']({ isFresh })
    } finally {
      isDiagnosing.value = false
    }
  }

  return { state, client, pictures, diagnosis, isDiagnosing, nReconnects, attach, diagnose }
})

/** Whether a call failed because the engine was gone, so that nobody knows what became of it. */
export function isLost(error: unknown): boolean {
  return error instanceof AppError && error.code === 'link.closed'
}

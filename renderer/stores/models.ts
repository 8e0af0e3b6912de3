import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { AppError } from '#common/contract/errors.ts'
import type { CatalogueRow, TransferProgress } from '#common/contract/procedures/catalogue.ts'
import type { Speed } from '#common/contract/procedures/runtimes.ts'
import { text } from '../messages/i18n.ts'
import { isLost, useConnection } from './connection.ts'
import { modelName } from './model-names.ts'
import { useShell } from './shell.ts'
import { describe, useToasts } from './toasts.ts'

/** A download, or the verification of a file, that this window asked for. */
export interface Transfer {
  readonly progress: TransferProgress | null
  /** asked to stop, and not stopped yet */
  readonly isStopping: boolean
}

type Present = { readonly state: { readonly kind: 'present' } }
type ClassifierRow = Exclude<CatalogueRow, { readonly purpose: 'detecting' }>
type DetectorRow = Extract<CatalogueRow, { readonly purpose: 'detecting' }>

/** A classifier's file that can be used. */
export type PresentModel = ClassifierRow & Present
/** A detector's file that can be used. */
export type PresentDetector = DetectorRow & Present

/** The catalogue's weights, and what there is of them on this machine. */
export const useModels = defineStore('models', () => {
  const connection = useConnection()
  const shell = useShell()
  const toasts = useToasts()

  const rows = shallowRef<readonly CatalogueRow[]>([])
  /** where downloads go */
  const folder = ref('')
  /** by the id of their entry */
  const transfers = shallowRef<Readonly<Record<string, Transfer>>>({})
  /** why the last one of an entry came to nothing, and what can be done */
  const failures = shallowRef<Readonly<Record<string, string>>>({})
  /** how fast models were on this machine, the last measured first */
  const speeds = shallowRef<readonly Speed[]>([])
  const stops = new Map<string, AbortController>()

  const classifying = computed(() => rows.value.filter((row) => row.purpose === 'classifying'))
  const forTraining = computed(() => rows.value.filter((row) => row.purpose === 'fine-tuning'))
  const detecting = computed(() => rows.value.filter((row) => row.purpose === 'detecting'))
  const present = computed(() => classifying.value.filter((row): row is PresentModel => row.state.kind === 'present'))
  const presentDetectors = computed(() =>
    detecting.value.filter((row): row is PresentDetector => row.state.kind === 'present'),
  )

  /** a file that is verified needs no network */
  const isDownloading = computed(() =>
    Object.values(transfers.value).some(({ progress }) => progress?.step === 'downloading'),
  )

  async function load(): Promise<void> {
    const listed = await connection.client['catalogue.list']({})
    folder.value = listed.folder
    rows.value = listed.models
  }

  /** Asks how fast models were here; where that cannot be had, none is shown. */
  async function loadSpeeds(): Promise<void> {
    try {
      speeds.value = (await connection.client['runtime.speeds']({})).speeds
    } catch (error) {
      speeds.value = []
      if (!isLost(error)) toasts.addError(text('models.notLoaded'), error)
    }
  }

  /** Downloads an entry, goes on with a download that was stopped, or verifies what is there. */
  function download(id: string): Promise<void> {
    return follow(id, (options) => connection.client['catalogue.download']({ id }, options))
  }

  /** Takes a file of the person's for an entry. */
  function add(id: string, path: string): Promise<void> {
    return follow(id, (options) => connection.client['catalogue.add']({ id, path }, options))
  }

  type Options = { readonly signal: AbortSignal; readonly onEvent: (progress: TransferProgress) => void }

  async function follow(id: string, work: (options: Options) => Promise<CatalogueRow>): Promise<void> {
    if (stops.has(id)) return
    const controller = new AbortController()
    stops.set(id, controller)
    setFailure(id, null)
    setTransfer(id, { progress: null, isStopping: false })
    try {
      replace(
        await work({
          signal: controller.signal,
          onEvent: (progress) => setTransfer(id, { progress, isStopping: controller.signal.aborted }),
        }),
      )
      tellReady(id)
    } catch (error) {
      if (!isAborted(error)) setFailure(id, describe(error))
      // what is there of it now only the engine knows; while it is gone the next link asks it
      if (!isLost(error)) await loadQuietly()
    } finally {
      stops.delete(id)
      setTransfer(id, null)
    }
  }

  /** Stops a download; what there is of it is kept. */
  function cancel(id: string): void {
    const transfer = transfers.value[id]
    if (transfer === undefined) return
    setTransfer(id, { ...transfer, isStopping: true })
    stops.get(id)?.abort()
  }

  async function remove(id: string): Promise<void> {
    replace(await connection.client['catalogue.remove']({ id }))
    setFailure(id, null)
  }

  function tellReady(id: string): void {
    const row = rows.value.find((each) => each.id === id)
    if (row === undefined) return
    const title = text('models.ready', { name: modelName(row) })
    shell.announce(title)
    if (shell.workspace !== 'home') toasts.add({ kind: 'done', title })
  }

  function replace(row: CatalogueRow): void {
    rows.value = rows.value.map((each) => (each.id === row.id ? row : each))
  }

  function setTransfer(id: string, transfer: Transfer | null): void {
    transfers.value = withEntry(transfers.value, id, transfer)
  }

  function setFailure(id: string, why: string | null): void {
    failures.value = withEntry(failures.value, id, why)
  }

  async function loadQuietly(): Promise<void> {
    try {
      await load()
    } catch (error) {
      if (!isLost(error)) toasts.addError(text('models.notLoaded'), error)
    }
  }

  watch(
    () => connection.nReconnects,
    () => void loadQuietly(),
  )

  return {
    rows,
    folder,
    transfers,
    failures,
    classifying,
    forTraining,
    detecting,
    present,
    presentDetectors,
    isDownloading,
    speeds,
    loadSpeeds,
    load,
    loadQuietly,
    download,
    add,
    cancel,
    remove,
  }
})

function isAborted(error: unknown): boolean {
  return error instanceof AppError && error.code === 'aborted'
}

function withEntry<T>(record: Readonly<Record<string, T>>, id: string, value: T | null): Readonly<Record<string, T>> {
  const { [id]: _, ...others } = record
  return value === null ? others : { ...others, [id]: value }
}

import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { AppError } from '#common/contract/errors.ts'
import type { ProjectDescription } from '#common/contract/procedures/projects.ts'
import { text } from '../messages/i18n.ts'
import { isLost, useConnection } from './connection.ts'
import { useSettings } from './settings.ts'
import { writerIn, type ProjectWriter } from './project-writer.ts'
import { useToasts } from './toasts.ts'
import { when } from './when.ts'

/**
 * How long a project that another window has is asked for again. A page that is loaded again asks before the engine may
 * have noticed that its predecessor is gone.
 */
const patienceMs = 1000
const againAfterMs = 200

/** The open project. Its handle changes when the engine comes back; its path does not. */
export const useProject = defineStore('project', () => {
  const connection = useConnection()
  const settings = useSettings()
  const toasts = useToasts()

  const handle = ref<number | null>(null)
  const description = shallowRef<ProjectDescription | null>(null)
  const isOpening = ref(false)
  /** who writes it; null where this window does, or no project is open */
  const writer = shallowRef<ProjectWriter | null>(null)
  /** counts up when the project was taken up again after the link came back */
  const nReopened = ref(0)
  /** the link (by `nReconnects`) that the handle was opened over; it means nothing over another one */
  const handleLink = ref(0)

  const isOpen = computed(() => handle.value !== null)
  const isWritable = computed(() => description.value?.isWritable ?? false)
  const isReadOnly = computed(() => isOpen.value && !isWritable.value)
  const path = computed(() => description.value?.path ?? null)
  const name = computed(() => (path.value === null ? null : projectName(path.value)))
  /** the handle is good now */
  const isReady = computed(
    () => isOpen.value && connection.state === 'up' && handleLink.value === connection.nReconnects,
  )

  /** Opens a project for writing, or for reading where it is written elsewhere. */
  async function open(target: string): Promise<void> {
    await enter(() => openPatiently(target))
  }

  async function create(target: string): Promise<void> {
    await enter(async () => {
      writer.value = null
      return (await connection.client['project.create']({ path: target })).project
    })
  }

  async function openPatiently(target: string): Promise<number> {
    for (const until = Date.now() + patienceMs; ;) {
      try {
        return await openAs(target, 'write')
      } catch (error) {
        const other = writerIn(error)
        if (other === null) throw error
        if (other.by === 'window' && Date.now() < until) await new Promise((wake) => setTimeout(wake, againAfterMs))
        else return openToRead(target, other)
      }
    }
  }

  async function openAs(target: string, mode: 'read' | 'write'): Promise<number> {
    const opened = (await connection.client['project.open']({ path: target, mode })).project
    writer.value = null
    return opened
  }

  async function openToRead(target: string, other: ProjectWriter): Promise<number> {
    const opened = await openAs(target, 'read')
    writer.value = other
    return opened
  }

  async function enter(take: () => Promise<number>): Promise<void> {
    isOpening.value = true
    try {
      const link = connection.nReconnects
      const next = await take()
      const described = await connection.client['project.describe']({ project: next })
      const previous = handle.value
      description.value = described
      handleLink.value = link
      handle.value = next
      settings.set('lastProject', described.path)
      if (previous !== null && previous !== next) await closeHandle(previous)
    } finally {
      isOpening.value = false
    }
  }

  /** Becomes the writer of a project that is open for reading; false where it is still written elsewhere. */
  async function takeOver(): Promise<boolean> {
    const target = path.value
    if (target === null || isWritable.value) return true
    try {
      await enter(() => openAs(target, 'write'))
      return true
    } catch (error) {
      const other = writerIn(error)
      if (other === null) throw error
      writer.value = other
      return false
    }
  }

  async function close(): Promise<void> {
    const previous = handle.value
    if (previous === null) return
    forget()
    settings.set('lastProject', null)
    await closeHandle(previous)
  }

  function forget(): void {
    handle.value = null
    description.value = null
    writer.value = null
  }

  async function closeHandle(previous: number): Promise<void> {
    try {
      await connection.client['project.close']({ project: previous })
    } catch (error) {
      toasts.addError(text('project.notClosed'), error)
    }
  }

  async function refresh(): Promise<void> {
    if (handle.value === null) return
    description.value = await connection.client['project.describe']({ project: handle.value })
  }

  /** The handle. @throws AppError 'record.missing' where no project is open */
  function requireHandle(): number {
    if (handle.value === null) throw new AppError('record.missing', 'no project is open')
    return handle.value
  }

  /**
   * Asks the engine for a call, and again where it was gone before it answered: `send` must be safe to be asked twice.
   * @throws what `send` throws; AppError 'record.missing' once another project is open
   */
  async function ask<T>(send: (handle: number) => Promise<T>): Promise<T> {
    const target = path.value
    const isClosed = (): boolean => path.value !== target
    for (;;) {
      while (!isClosed() && !isReady.value) await when(() => isClosed() || isReady.value)
      if (isClosed()) throw new AppError('record.missing', 'the project was closed before this was done')
      const link = connection.nReconnects
      try {
        return await send(requireHandle())
      } catch (error) {
        if (!isLost(error)) throw error
        await when(() => isClosed() || connection.nReconnects !== link)
      }
    }
  }

  /** As `ask`, for what writes. @throws AppError 'project.read-only' once the project is written elsewhere */
  function persist<T>(send: (handle: number) => Promise<T>): Promise<T> {
    return ask((at) => {
      if (isWritable.value) return send(at)
      return Promise.reject(new AppError('project.read-only', 'the project is written elsewhere by now'))
    })
  }

  /** Takes up the project of the last time; it may be gone, which is then no news. */
  async function openLast(): Promise<void> {
    const last = settings.settings.lastProject
    if (last === null || isOpen.value) return
    try {
      await open(last)
    } catch (error) {
      if (!isLost(error)) settings.set('lastProject', null)
    }
  }

  // the engine that came back may be another process: handles of the old one mean nothing to it
  watch(
    () => connection.nReconnects,
    async (link) => {
      const target = path.value
      if (target === null) return
      try {
        const next = await (isWritable.value
          ? openPatiently(target)
          : openToRead(target, writer.value ?? { by: 'unknown' }))
        const described = await connection.client['project.describe']({ project: next })
        if (path.value !== target) return
        description.value = described
        handleLink.value = link
        handle.value = next
        nReopened.value++
      } catch (error) {
        if (isLost(error)) return // the next time then
        forget()
        toasts.addError(text('project.notReopened'), error)
      }
    },
  )

  return {
    handle,
    description,
    isOpening,
    writer,
    nReopened,
    isOpen,
    isWritable,
    isReadOnly,
    isReady,
    path,
    name,
    open,
    create,
    close,
    takeOver,
    refresh,
    openLast,
    requireHandle,
    ask,
    persist,
  }
})

/** Name of a project file without its folder and ending. */
export function projectName(path: string): string {
  return path.replace(/^.*[\\/]/, '').replace(/\.obalex$/, '')
}

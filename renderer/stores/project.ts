import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { AppError } from '#common/contract/errors.ts'
import type { ProjectDescription } from '#common/contract/procedures/projects.ts'
import { text } from '../messages/i18n.ts'
import { useConnection } from './connection.ts'
import { useSettings } from './settings.ts'
import { useToasts } from './toasts.ts'

/** The open project. Its handle changes when the engine comes back; its path does not. */
export const useProject = defineStore('project', () => {
  const connection = useConnection()
  const settings = useSettings()
  const toasts = useToasts()

  const handle = ref<number | null>(null)
  const description = shallowRef<ProjectDescription | null>(null)
  const isOpening = ref(false)
  /** counts up when the project was taken up again after the link came back */
  const nReopened = ref(0)

  const isOpen = computed(() => handle.value !== null)
  const isWritable = computed(() => description.value?.isWritable ?? false)
  const path = computed(() => description.value?.path ?? null)
  const name = computed(() => (path.value === null ? null : projectName(path.value)))

  /** Opens a project for writing, or for reading where another program writes to it. */
  async function open(target: string): Promise<void> {
    await enter(async () => {
      try {
        return await openAs(target, 'write')
      } catch (error) {
        if (!(error instanceof AppError) || !['project.locked', 'project.read-only'].includes(error.code)) throw error
        return await openAs(target, 'read')
      }
    })
  }

  async function create(target: string): Promise<void> {
    await enter(async () => (await connection.client['project.create']({ path: target })).project)
  }

  async function openAs(target: string, mode: 'read' | 'write'): Promise<number> {
    return (await connection.client['project.open']({ path: target, mode })).project
  }

  async function enter(take: () => Promise<number>): Promise<void> {
    isOpening.value = true
    try {
      const next = await take()
      const described = await connection.client['project.describe']({ project: next })
      const previous = handle.value
      description.value = described
      handle.value = next
      settings.set('lastProject', described.path)
      if (previous !== null && previous !== next) await closeHandle(previous)
    } finally {
      isOpening.value = false
    }
  }

  async function close(): Promise<void> {
    const previous = handle.value
    if (previous === null) return
    handle.value = null
    description.value = null
    settings.set('lastProject', null)
    await closeHandle(previous)
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

  /** Takes up the project of the last time; it may be gone, which is then no news. */
  async function openLast(): Promise<void> {
    const last = settings.settings.lastProject
    if (last === null || isOpen.value) return
    try {
      await open(last)
    } catch {
      settings.set('lastProject', null)
    }
  }

  // the engine that came back may be another process: handles of the old one mean nothing to it
  watch(
    () => connection.nReconnects,
    async () => {
      const target = path.value
      if (target === null) return
      try {
        const mode = isWritable.value ? 'write' : 'read'
        const next = await openAs(target, mode)
        description.value = await connection.client['project.describe']({ project: next })
        handle.value = next
        nReopened.value++
      } catch (error) {
        handle.value = null
        description.value = null
        toasts.addError(text('project.notReopened'), error)
      }
    },
  )

  return {
    handle,
    description,
    isOpening,
    nReopened,
    isOpen,
    isWritable,
    path,
    name,
    open,
    create,
    close,
    refresh,
    openLast,
    requireHandle,
  }
})

/** Name of a project file without its folder and ending. */
export function projectName(path: string): string {
  return path.replace(/^.*[\\/]/, '').replace(/\.obalex$/, '')
}

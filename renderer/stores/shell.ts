import { defineStore } from 'pinia'
import { ref } from 'vue'

export const workspaces = ['home', 'images', 'review', 'explain'] as const
export type Workspace = (typeof workspaces)[number]

export type ShellDialog =
  | 'palette'
  | 'keyboard'
  | 'open-project'
  | 'new-project'
  | 'sample'
  | 'import'
  | 'undo-import'
  | 'find-photos'
  | 'auditor'
  | 'run'
  | 'detect'
  | 'classes'
  | 'native'

/** Which workspace is on screen, and which dialog lies over it. */
export const useShell = defineStore('shell', () => {
  const workspace = ref<Workspace>('home')
  const dialog = ref<ShellDialog | null>(null)
  const importFormat = ref('folder')
  /** of the photos, where it is known already */
  const importPath = ref('')
  /** polite announcements for screen readers; the newest */
  const announcement = ref('')
  const isQueueShown = ref(true)
  const isInspectorShown = ref(true)

  function show(next: Workspace): void {
    workspace.value = next
  }

  function open(next: ShellDialog): void {
    dialog.value = next
  }

  function openImport(format: string, path = ''): void {
    importFormat.value = format
    importPath.value = path
    dialog.value = 'import'
  }

  function close(): void {
    dialog.value = null
  }

  function announce(message: string): void {
    announcement.value = message
  }

  return {
    workspace,
    dialog,
    importFormat,
    importPath,
    announcement,
    isQueueShown,
    isInspectorShown,
    show,
    open,
    openImport,
    close,
    announce,
  }
})

import { defineStore } from 'pinia'
import { watch } from 'vue'
import type { PickRequest } from '#common/contract/desktop.ts'
import { desktop } from '../bridge/desktop.ts'
import { text, type MessageKey } from '../messages/i18n.ts'
import { useProject } from './project.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

type PathKind = PickRequest['kind']

const pickTitles = {
  project: 'project.openTitle',
  'new-project': 'project.newTitle',
  folder: 'desktop.pickFolder',
  file: 'desktop.pickFile',
} as const satisfies Record<PathKind, MessageKey>

/** The desktop program around this page; in a browser there is none, and paths are typed. */
export const useDesktop = defineStore('desktop', () => {
  const project = useProject()
  const shell = useShell()
  const toasts = useToasts()
  const isHere = desktop !== null

  /** Asks for a path in the system's own dialog. @returns null where none was chosen */
  async function pickPath(kind: PathKind): Promise<string | null> {
    return desktop === null ? null : desktop.pickPath({ kind, title: text(pickTitles[kind]) })
  }

  /** Asks for a path in the same way and hands it on. */
  async function pick(kind: PathKind, take: (path: string) => unknown): Promise<void> {
    const path = await pickPath(kind)
    if (path !== null) await take(path)
  }

  /** Opens what the system was asked to open. */
  async function openProject(path: string): Promise<void> {
    try {
      await project.open(path)
      shell.show('images')
    } catch (error) {
      toasts.addError(text('project.notOpened'), error)
    }
  }

  /** Takes what was dropped on the page: a project is opened, a folder of photos is offered for import. */
  async function takeDropped(file: File): Promise<void> {
    if (desktop === null) {
      toasts.add({ kind: 'error', title: text('desktop.dropInBrowser'), detail: text('desktop.dropInBrowserWhy') })
      return
    }
    const path = desktop.pathOf(file)
    if (path.endsWith('.obalex')) await openProject(path)
    else if (project.isWritable) shell.openImport('folder', path)
    else toasts.add({ kind: 'error', title: text('desktop.dropNeedsProject') })
  }

  if (desktop !== null) {
    const bridge = desktop
    bridge.onOpenProject((path) => void openProject(path))
    watch(
      () => project.path,
      (path) => bridge.showsProject(path),
      { immediate: true },
    )
  }
  return { isHere, pickPath, pick, takeDropped }
})

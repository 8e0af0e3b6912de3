import { watch } from 'vue'
import { text } from '../messages/i18n.ts'
import { useConnection } from './connection.ts'
import { useImages } from './images.ts'
import { useProject } from './project.ts'
import { useReview } from './review.ts'
import { useToasts } from './toasts.ts'
import { useShell, workspaces, type Workspace } from './shell.ts'

/** Where a window is, as the fragment of its address: `#review/138`. */
export interface Place {
  readonly workspace: Workspace
  readonly image: number | null
}

/** Reads a fragment; what is none of ours is Home. */
export function parseAddress(fragment: string): Place {
  const [, name = '', id = ''] = /^#?(\w+)(?:\/(\d+))?$/.exec(fragment) ?? []
  const workspace = workspaces.find((each) => each === name) ?? 'home'
  return { workspace, image: hasImage(workspace) && id !== '' ? Number(id) : null }
}

export function formatAddress({ workspace, image }: Place): string {
  return hasImage(workspace) && image !== null ? `#${workspace}/${image}` : `#${workspace}`
}

function hasImage(workspace: Workspace): boolean {
  return workspace === 'review' || workspace === 'explain'
}

/**
 * Takes up project, workspace and image of before a reload, and keeps the address at where the window is.
 * @param requested path of a project that is to be opened instead; null: none
 */
export function followAddress(requested: string | null): void {
  const shell = useShell()
  const project = useProject()
  const review = useReview()
  const images = useImages()
  const connection = useConnection()
  const toasts = useToasts()
  const start = parseAddress(location.hash)

  const follow = (): void => {
    watch(
      () => {
        const { workspace } = shell
        return formatAddress({ workspace, image: workspace === 'explain' ? images.selectedId : review.imageId })
      },
      (address) => history.replaceState(null, '', address),
      { immediate: true },
    )
  }
  const takeUp = async (): Promise<void> => {
    if (requested === null) await project.openLast()
    else await project.open(requested).catch((error: unknown) => toasts.addError(text('project.notOpened'), error))
    if (project.isOpen) {
      shell.show(requested === null ? start.workspace : 'images')
      if (start.workspace === 'explain') images.selectedId = start.image
      else if (start.image !== null) await review.open(start.image)
    }
    follow()
  }
  const stop = watch(
    () => connection.state,
    (state) => {
      if (state !== 'up') return
      queueMicrotask(() => stop())
      void takeUp()
    },
    { immediate: true },
  )
}

import { watch } from 'vue'
import { useConnection } from './connection.ts'
import { useImages } from './images.ts'
import { useProject } from './project.ts'
import { useReview } from './review.ts'

const everyMs = 3000

/**
 * Keeps what is on screen in step with what others do: with the window or program that writes the project while this one
 * only reads it, and with the photos on the disk when a person comes back to the window.
 */
export function followWriter(): void {
  const connection = useConnection()
  const project = useProject()
  const images = useImages()
  const review = useReview()

  /** Looks whether the audit log has grown: every change but a stroke has its entry there. */
  async function follow(): Promise<void> {
    if (!project.isReady || !project.isReadOnly || document.hidden) return
    const before = project.description?.nAuditEntries
    await project.refresh()
    if (project.description?.nAuditEntries !== before) await Promise.all([images.load(), review.refresh()])
  }

  async function comeBack(): Promise<void> {
    if (!project.isReady) return
    if (project.isReadOnly) await Promise.all([follow(), review.refresh()])
    else review.checkPhoto()
  }

  /** What could not be read now is read the next time; a link that is lost the status bar tells. */
  const quietly = (work: Promise<void>): void => void work.catch(() => undefined)

  let timer: ReturnType<typeof setInterval> | undefined
  watch(
    () => project.isReadOnly && connection.state === 'up',
    (isFollowing) => {
      clearInterval(timer)
      if (isFollowing) timer = setInterval(() => quietly(follow()), everyMs)
    },
    { immediate: true },
  )
  window.addEventListener('focus', () => quietly(comeBack()))
}

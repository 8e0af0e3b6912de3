import { defineStore } from 'pinia'
import { text } from '../messages/i18n.ts'
import { useConnection } from './connection.ts'
import { useImages } from './images.ts'
import { useProject } from './project.ts'
import { useSettings } from './settings.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

/** Flags that auditors put on images to come back to them. */
export const useFlags = defineStore('flags', () => {
  const connection = useConnection()
  const project = useProject()
  const images = useImages()
  const settings = useSettings()
  const shell = useShell()
  const toasts = useToasts()

  /** Puts a flag on an image, or takes it away; shown at once, and taken back where it was not saved. */
  async function toggle(id: number | null): Promise<void> {
    const row = id === null ? undefined : images.row(id)
    if (row === undefined || !project.isWritable) return
    const { id: image, file } = row
    const isFlagged = !row.isFlagged
    images.patch(image, { isFlagged })
    shell.announce(text(isFlagged ? 'canvas.flagOn' : 'canvas.flagOff', { file }))
    try {
      const auditor = settings.auditorOrDefault
      await connection.client['image.flag']({ project: project.requireHandle(), image, isFlagged, auditor })
    } catch (error) {
      images.patch(image, { isFlagged: !isFlagged })
      toasts.addError(text('canvas.notFlagged', { file }), error)
    }
  }

  return { toggle }
})

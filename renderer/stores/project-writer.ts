import { AppError } from '#common/contract/errors.ts'
import { text } from '../messages/i18n.ts'
import { formatDay } from '../messages/times.ts'

/** Who writes a project that is open for reading here. */
export type ProjectWriter =
  /** another window of this program; since is ms UTC */
  | { readonly by: 'window'; readonly since: number }
  | { readonly by: 'process'; readonly pid: number; readonly host: string; readonly since: number }
  /** nobody: its file may not be written; or nobody says who */
  | { readonly by: 'unknown' }

/** Who writes a project, as the refusal to open it for writing says; null: it was refused for another reason. */
export function writerIn(error: unknown): ProjectWriter | null {
  if (!(error instanceof AppError) || !['project.locked', 'project.read-only'].includes(error.code)) return null
  const { isWindow, pid, host, lockedAt: since } = error.data ?? {}
  if (typeof since !== 'number') return { by: 'unknown' }
  if (isWindow === true) return { by: 'window', since }
  return typeof pid === 'number' && typeof host === 'string' ? { by: 'process', pid, host, since } : { by: 'unknown' }
}

/** Why nothing can be written here, and what can be done: a title and a sentence or two. */
export function writerWords(writer: ProjectWriter): { readonly title: string; readonly detail: string } {
  switch (writer.by) {
    case 'window':
      return {
        title: text('readOnly.window'),
        detail: text('readOnly.windowDetail', { time: formatDay(writer.since) }),
      }
    case 'process': {
      const { pid, host, since } = writer
      return {
        title: text('readOnly.process'),
        detail: text('readOnly.processDetail', { pid, host, time: formatDay(since) }),
      }
    }
    case 'unknown':
      return { title: text('readOnly.unknown'), detail: text('readOnly.unknownDetail') }
  }
}

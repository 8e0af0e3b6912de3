import type { MessageKey } from '../messages/i18n.ts'

export const commandGroups = ['verdict', 'mask', 'view', 'explain', 'go', 'project', 'window'] as const
type CommandGroup = (typeof commandGroups)[number]

/** Something that can be done, by key, from the palette or from a control; one table has them all. */
export interface Command {
  /** `subject.verb`, stable */
  readonly id: string
  readonly title: MessageKey
  readonly group: CommandGroup
  /** the first one is shown; see `parseKeys` for how they are written */
  readonly keys: readonly string[]
  readonly isEnabled: () => boolean
  readonly run: () => void
  /** for what lasts while its key is held */
  readonly release?: () => void
  /** works while a text field has the focus, too */
  readonly isGlobal?: boolean
  /** not in palette and sheet */
  readonly isHidden?: boolean
}

import type { Break, Checked } from '#common/contract/procedures/projects.ts'
import type { FileSnapshot } from '../file-snapshot.ts'
import type { Watch } from '../watch.ts'

/** What of a project a check found not to be as it was; the hint is the same for all and added at the end. */
export type Finding = Omit<Break, 'hint'>

/** One thing that can be checked of a project without its photos and models. */
export interface Check {
  /** which number of the report it makes */
  readonly counts: CheckedThing
  /** what is being done, for people */
  readonly step: string
  /** what is said to be broken where it cannot even be read */
  readonly kind: Break['kind']
  /** how many things it has to read; null: not known before */
  readonly total: (snapshot: FileSnapshot) => number | null
  /** the first thing that is broken, or null; tells `watch` of everything that it counts */
  readonly run: (snapshot: FileSnapshot, watch: Watch) => Promise<Finding | null>
}

/** The numbers that these checks make. */
export type CheckedThing = Exclude<keyof Checked, 'scores'>

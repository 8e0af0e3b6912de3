import type { ModelLibrary } from '#main/catalogue/library.ts'
import type { ComputeDevice } from './compute-device.ts'
import type { JobRunner } from './jobs/job-runner.ts'
import type { OpenProjects } from './open-projects.ts'
import type { RecentProjects } from './recent.ts'
import type { RollingBackups } from './rolling-backups.ts'
import type { Speeds } from './speeds.ts'

/** What handlers work with; made and disposed in engine.ts. */
export interface Services {
  readonly version: string
  readonly now: () => number
  readonly compute: ComputeDevice
  readonly projects: OpenProjects
  readonly jobs: JobRunner
  readonly backups: RollingBackups
  readonly recent: RecentProjects
  readonly models: ModelLibrary
  readonly speeds: Speeds
}

import { join } from 'node:path'
import { contract, type EngineClient, type EngineHandlers } from '#common/contract/index.ts'
import { createMemoryLinks } from '#common/contract/links/memory.ts'
import { connect, serve, type Link } from '#common/contract/rpc.ts'
import { ModelLibrary } from '#main/catalogue/library.ts'
import type { StartCompute } from '#main/compute/host.ts'
import { userFolder } from '#main/files/user-folder.ts'
import { backupHandlers } from './backing-up.ts'
import { benchHandlers } from './benchmarking.ts'
import { nativeHandlers } from './building-native.ts'
import { checkingHandlers } from './checking.ts'
import { classHandlers } from './classes.ts'
import { classifyingHandlers } from './classifying.ts'
import { detectingHandlers } from './detecting.ts'
import { detectingObjectsHandlers } from './detecting-objects.ts'
import { ComputeDevice } from './compute-device.ts'
import { diagnosingHandlers } from './diagnosing.ts'
import { estimatingHandlers } from './estimating.ts'
import { detectionEstimates } from './estimating-detection.ts'
import { imageExplainingHandlers } from './explaining-images.ts'
import { explainingHandlers } from './explaining.ts'
import { exportHandlers } from './exporting.ts'
import { photoHandlers } from './finding-photos.ts'
import { importHandlers } from './importing.ts'
import { mapsHandlers } from './maps/importing-maps.ts'
import { JobRunner } from './jobs/job-runner.ts'
import { maskHandlers } from './masks.ts'
import { modelLibraryHandlers } from './model-library.ts'
import { OpenProjects } from './open-projects.ts'
import { PhotoFiles } from './photo-files.ts'
import { pictureHandlers } from './pictures.ts'
import { leaveProject, projectHandlers, projectReaders } from './projects.ts'
import { recognisingHandlers } from './recognising.ts'
import { recentHandlers, RecentProjects } from './recent.ts'
import { reportHandlers } from './reporting.ts'
import { MatchingCache } from './review/matchings.ts'
import { reviewHandlers } from './reviewing.ts'
import { RollingBackups } from './rolling-backups.ts'
import { runHandlers } from './running.ts'
import { sampleHandlers } from './sample.ts'
import { distributionHandlers } from './score-distribution.ts'
import { scoringHandlers } from './scoring.ts'
import type { Services } from './services.ts'
import { Sessions } from './sessions.ts'
import { speedHandlers, Speeds } from './speeds.ts'
import { undoingHandlers } from './undoing-imports.ts'
import { verifyingHandlers } from './verifying.ts'
import { whileOpen } from './while-open.ts'

export interface EngineOptions {
  /** the host's way to start a compute process */
  readonly startCompute: StartCompute
  readonly version: string
  /** takes lines for the log; default: nowhere */
  readonly log?: (line: string) => void
  /** takes what the user should know beside the answer to a call; default: nowhere */
  readonly note?: (text: string) => void
  /** aborted once the process is to end soon: rolling backups are left out then */
  readonly ending?: AbortSignal
  /** where the projects that are opened are remembered; default: nowhere */
  readonly recentFile?: string
  /** where it is remembered how fast classifiers are here; default: nowhere */
  readonly speedFile?: string
  /** where downloaded weights are kept; default: `models` in the user's folder */
  readonly modelsFolder?: string
  /** how long a project stays open after the connection that opened it is gone, ms; default: 30 s */
  readonly graceMs?: number
  /** ms UTC; default: the clock */
  readonly now?: () => number
  /** checks what handlers return; for development and tests */
  readonly checkOutputs?: boolean
}

/** Makes the engine: everything behind the contract. Whoever makes it disposes it. */
export function createEngine(options: EngineOptions): Engine {
  return new Engine(options)
}

export type { Engine }

class Engine {
  readonly #services: Services
  /** those that are the same for every connection */
  readonly #handlers: Omit<EngineHandlers, keyof ReturnType<typeof sampleHandlers>>
  readonly #options: EngineOptions
  readonly #sessions: Sessions
  #nErrors = 0

  constructor(options: EngineOptions) {
    const { log = () => undefined, note = log, now = Date.now, startCompute, version } = options
    const { ending = new AbortController().signal, recentFile: file = null, graceMs = 30_000 } = options
    const { modelsFolder = join(userFolder(), 'models') } = options
    this.#options = options
    const speeds = new Speeds({ file: options.speedFile ?? null, now })
    this.#services = {
      version,
      now,
      compute: new ComputeDevice(startCompute, speeds),
      speeds,
      projects: new OpenProjects(),
      backups: new RollingBackups({ now, note, ending }),
      jobs: new JobRunner({ now, log }),
      recent: new RecentProjects({ file, now, note }),
      models: new ModelLibrary({ folder: modelsFolder }),
    }
    const { projects, jobs } = this.#services
    this.#sessions = new Sessions({
      leave: (project) => leaveProject(this.#services, project),
      isBusy: (project) => jobs.isBusy(projects.get(project)),
      graceMs,
      now,
      log,
    })
    const photos = new PhotoFiles()
    const matchings = new MatchingCache()
    this.#handlers = {
      ...diagnosingHandlers(this.#services),
      ...nativeHandlers(this.#services, startCompute),
      ...benchHandlers(startCompute),
      ...classifyingHandlers(this.#services),
      ...detectingHandlers(this.#services),
      ...explainingHandlers(this.#services),
      ...recognisingHandlers(),
      ...maskHandlers(),
      ...scoringHandlers(),
      ...projectHandlers(this.#services),
      ...verifyingHandlers(this.#services),
      ...backupHandlers(this.#services),
      ...recentHandlers(this.#services),
      ...speedHandlers(this.#services),
      ...modelLibraryHandlers(this.#services),
      ...whileOpen(this.#services.projects, {
        ...projectReaders(this.#services),
        ...importHandlers(this.#services),
        ...undoingHandlers(this.#services),
        ...mapsHandlers(this.#services),
        ...classHandlers(this.#services),
        ...runHandlers(this.#services),
        ...detectingObjectsHandlers(this.#services),
        ...exportHandlers(this.#services),
        ...reportHandlers(this.#services),
        ...reviewHandlers(this.#services, photos, matchings),
        ...imageExplainingHandlers(this.#services, matchings),
        ...checkingHandlers(this.#services, matchings),
        ...distributionHandlers(this.#services),
        ...estimatingHandlers(this.#services),
        ...detectionEstimates(this.#services),
        ...photoHandlers(this.#services),
        ...pictureHandlers(this.#services, photos),
      }),
    }
  }

  /** Serves the contract over a link: a window, a browser. */
  serve(link: Link): void {
    const own = this.#sessions.handlersFor(link, this.#handlers)
    serve(contract, { ...own, ...sampleHandlers(this.#services, own) }, link, {
      onInternalError: (error, procedure) => this.#logError(error, procedure),
      checkOutputs: this.#options.checkOutputs ?? false,
    })
  }

  /** A client in this process. */
  connect(): EngineClient {
    const [mine, theirs] = createMemoryLinks()
    this.serve(theirs)
    return connect(contract, mine)
  }

  /** Process id of the running compute process, for tests that end it. */
  get computePid(): number | undefined {
    return this.#services.compute.pid
  }

  /** Stops jobs after the batch under way, ends the compute process, closes the projects. */
  async dispose(): Promise<void> {
    const { jobs, compute, projects, backups, speeds } = this.#services
    this.#sessions.dispose()
    await jobs.stopAll()
    await compute.dispose()
    await projects.dispose(async (project) => {
      await jobs.stopProject(project)
      await backups.finish(project)
    })
    await speeds.dispose()
  }

  #logError(error: unknown, procedure: string): string {
    const id = `engine-${++this.#nErrors}`
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#options.log?.(`${id} ${procedure}: ${stack}`)
    return id
  }
}

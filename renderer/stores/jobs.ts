import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { AppError } from '#common/contract/errors.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { ImportReport, MapsReport } from '#common/contract/procedures/importing.ts'
import type { ModelRequest } from '#common/contract/procedures/models.ts'
import { sampleMethods } from '#common/contract/procedures/sample.ts'
import { countedWords } from '../messages/counted.ts'
import { text } from '../messages/i18n.ts'
import { useConnection } from './connection.ts'
import { useImages } from './images.ts'
import { useProject } from './project.ts'
import { writerWords } from './project-writer.ts'
import { useReview } from './review.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

export interface Job {
  readonly id: number
  readonly title: string
  readonly progress: Progress | null
  /** asked to stop, and not stopped yet */
  readonly isStopping: boolean
}

export interface ImportRequest {
  readonly format: string
  readonly images: string
  readonly annotations?: string
  readonly predictions?: string
}

export interface MapsRequest {
  readonly maps: string
  readonly method: string
  readonly model: string
  readonly predictions?: string
}

export type OnProgress = (progress: Progress) => void
type Follow = (onEvent: OnProgress, signal: AbortSignal) => Promise<void>

/** Long work: what is under way, how far it is, how it is stopped. */
export const useJobs = defineStore('jobs', () => {
  const connection = useConnection()
  const project = useProject()
  const images = useImages()
  const review = useReview()
  const shell = useShell()
  const toasts = useToasts()

  const jobs = ref<Job[]>([])
  const stops = new Map<number, () => void>()
  /** the classifiers that come with the sample, while they have not been run on it */
  const sampleModels = shallowRef<readonly ModelRequest[]>([])
  const isBusy = computed(() => jobs.value.length > 0)
  const isBuildingNative = ref(false)
  /** why no classifier can be run now; null: one can */
  const whyNoRun = computed(() => {
    if (!project.isOpen) return text('workspace.needsProject')
    if (project.writer !== null) return `${writerWords(project.writer).title}.`
    if (project.description?.nImages === 0) return text('run.noImages')
    return isBusy.value ? text('run.busy') : null
  })
  let nextId = 1
  /** Shows work until it ends. @param stop how a person stops it; left out: its signal says so */
  async function follow(title: string, work: Follow, stop?: () => void): Promise<void> {
    const id = nextId++
    const controller = new AbortController()
    jobs.value = [...jobs.value, { id, title, progress: null, isStopping: false }]
    stops.set(id, stop ?? (() => controller.abort()))
    try {
      await work((progress) => update(id, { progress }), controller.signal)
    } finally {
      stops.delete(id)
      jobs.value = jobs.value.filter((job) => job.id !== id)
    }
  }

  function update(id: number, change: Partial<Job>): void {
    const before = jobs.value.find((job) => job.id === id)
    if (before === undefined) return
    const after = { ...before, ...change }
    if (quarter(after.progress) > quarter(before.progress)) {
      shell.announce(text('jobs.announced', { title: after.title, percent: quarter(after.progress) * 25 }))
    }
    jobs.value = jobs.value.map((job) => (job.id === id ? after : job))
  }

  function cancel(id: number): void {
    update(id, { isStopping: true })
    stops.get(id)?.()
  }

  /** Makes the sample project in a folder and opens it. */
  async function buildSample(folder: string): Promise<void> {
    await follow(text('jobs.sample'), async (onEvent, signal) => {
      const sample = await connection.client['sample.build']({ folder }, { signal, onEvent })
      await project.open(sample.project)
      sampleModels.value = isExplained(sample.models.length) ? [] : sample.models
    })
  }

  /** Whether every image of the project has its maps of so many classifiers; a run that was stopped left some out. */
  function isExplained(nModels: number): boolean {
    const { nImages = 0, nExplanations = 0 } = project.description ?? {}
    return nExplanations >= nImages * nModels * sampleMethods.length
  }

  /** Reads a dataset into the open project, or (dry run) only says what would come in. */
  async function importDataset(request: ImportRequest, isDryRun: boolean): Promise<ImportReport | null> {
    let report: ImportReport | null = null
    const title = text(isDryRun ? 'jobs.dryRun' : 'jobs.import')
    await follow(title, async (onEvent, signal) => {
      const input = { project: project.requireHandle(), dryRun: isDryRun, ...request }
      report = await connection.client['dataset.import'](input, { signal, onEvent })
      if (!isDryRun) await reload()
    })
    return report
  }

  /** Takes an import out of the open project again, with what was made of it since, and tells what went. */
  async function undoImport(entry: number): Promise<void> {
    await follow(text('jobs.undoImport'), async (onEvent, signal) => {
      const input = { project: project.requireHandle(), entry }
      const { gone } = await connection.client['dataset.import.undo'](input, { signal, onEvent })
      await reload()
      await review.refresh()
      const { images: nImages, instances, corrections } = gone
      const what = countedWords([
        [nImages, 'home.images'],
        [instances, 'home.masks'],
        [corrections, 'undo.corrections'],
      ])
      const title = what === '' ? text('undo.doneNothing') : text('undo.done', { what })
      toasts.add({ kind: 'done', title, detail: text('undo.again') })
    })
  }

  /** Takes explanation maps into the open project and scores them, or (dry run) only says what would come in. */
  async function importMaps(request: MapsRequest, isDryRun: boolean): Promise<MapsReport | null> {
    let report: MapsReport | null = null
    const title = text(isDryRun ? 'jobs.dryRun' : 'jobs.import')
    await follow(title, async (onEvent, signal) => {
      const input = { project: project.requireHandle(), dryRun: isDryRun, ...request }
      report = await connection.client['maps.import'](input, { signal, onEvent })
      if (!isDryRun) await reload()
    })
    return report
  }

  /** Looks in a folder for photos that are not where the one of an image was. */
  async function findPhotos(image: number, folder: string): Promise<{ found: number; missing: number }> {
    let outcome = { found: 0, missing: 0 }
    await follow(text('photos.finding'), async (onEvent, signal) => {
      const request = { project: project.requireHandle(), image, folder }
      outcome = await connection.client['photos.find'](request, { signal, onEvent })
    })
    if (outcome.found > 0) await reload()
    return outcome
  }

  /** Builds native TensorFlow on this machine, and tests what there is then. */
  async function buildNative(gpu: boolean): Promise<void> {
    isBuildingNative.value = true
    try {
      await follow(text('native.building'), async (onEvent, signal) => {
        await connection.client['runtime.build-native']({ gpu }, { signal, onEvent })
      })
      toasts.add({ kind: 'done', title: text('native.done') })
      connection.diagnose().catch((error: unknown) => toasts.addError(text('engine.notTested'), error))
    } finally {
      isBuildingNative.value = false
    }
  }

  /** Asks anew for what a job may have changed. */
  async function reload(): Promise<void> {
    await Promise.all([project.refresh(), images.load()])
  }

  /** Runs something long and tells where it fails; what a person stopped is no failure. */
  async function attempt(failedTitle: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (error instanceof AppError && error.code === 'aborted') {
        toasts.add({ kind: 'note', title: text('jobs.cancelled'), detail: text('jobs.kept') })
      } else toasts.addError(failedTitle, error)
      return false
    }
  }

  return {
    jobs,
    isBusy,
    isBuildingNative,
    whyNoRun,
    sampleModels,
    follow,
    cancel,
    reload,
    buildSample,
    importDataset,
    undoImport,
    importMaps,
    findPhotos,
    buildNative,
    attempt,
  }
})

/** Quarters of a job that are done, 0…4. */
function quarter(progress: Progress | null): number {
  if (progress?.total == null || progress.total === 0) return 0
  return Math.floor((progress.done / progress.total) * 4)
}

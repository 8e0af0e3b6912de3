import type { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { DetectSpec } from '#common/contract/procedures/detecting.ts'
import { detectorSpeedKey } from '#common/runtime/detector-speed.ts'
import { SerialQueue } from '#main/compute/serial-queue.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { listFolders, type ProjectImage } from '#main/project/image-repository.ts'
import type { Project } from '#main/project/project.ts'
import { ImagesToDetect } from './jobs/images-to-detect.ts'
import { RemoteDetector } from './remote-detector.ts'
import { runImages } from './run-images.ts'
import type { Services } from './services.ts'

/** For fewer photos than this none is looked at only to time it: that would take half as long as the work itself. */
const fewestToTime = 3
/** So many photos are tried until one can be read. */
const mostTried = 5
const pageSize = 500

/** What looking for objects would take. */
export function detectionEstimates({
  projects,
  compute,
  speeds,
}: Pick<Services, 'projects' | 'compute' | 'speeds'>): Pick<EngineHandlers, 'detect.estimate'> {
  /** seconds a photo of detectors that never ran here before they were timed for an estimate */
  const timed = new Map<string, number>()
  // who asks meanwhile waits for the same measurement
  const timing = new SerialQueue()
  return {
    'detect.estimate': async ({ project: handle, spec, canTime }, { signal }) => {
      const project = projects.get(handle)
      const detector = await RemoteDetector.load(compute, spec.detector, signal)
      const { nLeft, first, ...counts } = await whatIsLeft(project, detector, spec)
      const tell = (secondsEach: number | null, isTimed: boolean) => {
        const seconds = secondsEach === null ? null : nLeft * secondsEach
        return { ...counts, nLeft, seconds, isTimed: isTimed && seconds !== null }
      }
      if (nLeft === 0) return tell(0, false)
      const key = detectorSpeedKey(detector.info)
      const learned = await speeds.secondsPerImage(key)
      if (learned !== null || !canTime || nLeft < fewestToTime) return tell(learned, false)
      const name = JSON.stringify(key)
      const seconds = await timing.run(
        async () => timed.get(name) ?? timeDetector(detector, { project, images: first, signal }),
        signal,
      )
      if (seconds !== null) timed.set(name, seconds)
      return tell(seconds, true)
    },
  }
}

interface Left {
  readonly nImages: number
  readonly nLeft: number
  /** a few of those that are left */
  readonly first: readonly ProjectImage[]
}

async function whatIsLeft(
  project: Project,
  { info }: RemoteDetector,
  spec: z.output<typeof DetectSpec>,
): Promise<Left> {
  const toDetect = await ImagesToDetect.read(project, info, spec)
  const first: ProjectImage[] = []
  let [nImages, nLeft] = [0, 0]
  let page: ProjectImage[] = []
  const count = async (): Promise<void> => {
    const left = await toDetect.of(page)
    nImages += page.length
    nLeft += left.length
    first.push(...left.slice(0, mostTried - first.length))
    page = []
  }
  for await (const image of runImages(project, spec)) if (page.push(image) === pageSize) await count()
  await count()
  return { nImages, nLeft, first }
}

/**
 * Looks at the first photo that can be read, and keeps nothing of what is found.
 * @returns seconds; null: none can be read
 */
async function timeDetector(
  detector: RemoteDetector,
  {
    project,
    images,
    signal,
  }: { readonly project: Project; readonly images: readonly ProjectImage[]; readonly signal: AbortSignal },
): Promise<number | null> {
  const folders = await listFolders(project.read)
  for (const { folderId, file } of images) {
    const photo = await resolveInside(folders.get(folderId)!, file).then(decodeImage).catch(passOver)
    if (photo !== null) return detector.time(photo, signal)
  }
  return null
}

/** What cannot be read is for the work itself to name. */
function passOver(error: unknown): null {
  if (error instanceof AppError) return null
  throw error
}

import type { z } from 'zod'
import type { JobId } from '#common/contract/ids.ts'
import type { Detection, DetectorInfo, DetectSpec } from '#common/contract/procedures/detecting.ts'
import { rleArea, type Rle } from '#common/mask/rle.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { listFolders, type ProjectImage } from '#main/project/image-repository.ts'
import { updateJob } from '#main/project/job-repository.ts'
import { insertInstances } from '#main/project/mask-repository.ts'
import { storedMask, type NewInstance } from '#main/project/mask-rows.ts'
import type { Project } from '#main/project/project.ts'
import type { ComputeDevice } from '../compute-device.ts'
import { requireUnchanged } from '../photo-files.ts'
import { ProgressMeter } from '../progress.ts'
import { RemoteDetector } from '../remote-detector.ts'
import { countRunImages, runImages } from '../run-images.ts'
import { noteImageFailure } from './image-failures.ts'
import { factsOf, ImagesToDetect } from './images-to-detect.ts'
import type { JobContext, JobOutcome } from './job-runner.ts'

type ParsedDetectSpec = z.output<typeof DetectSpec>

/** What the work is done with. */
export interface DetectParts {
  readonly project: Project
  readonly compute: ComputeDevice
  readonly spec: ParsedDetectSpec
  readonly now: () => number
}

/** Photos that are decoded ahead of the detector. */
const decodedAhead = 2

type Photo = Awaited<ReturnType<typeof decodeImage>>
type Prepared = { readonly image: ProjectImage } & ({ readonly photo: Photo | null } | { readonly error: unknown })

/**
 * Looks for objects in the images of a project and keeps what is found as machine masks, image by image. Images that this
 * detector was at already, or that have masks where only others are wanted, are passed over, so that work that was
 * stopped goes on where it was. One that fails is noted.
 */
export async function runDetectPipeline(parts: DetectParts, context: JobContext): Promise<JobOutcome> {
  const { project, compute, spec, now } = parts
  const { signal, jobId } = context
  const meter = new ProgressMeter(context.report)
  meter.report('loading the detector', 0, null)
  const detector = await RemoteDetector.load(compute, spec.detector, signal)
  const total = await countRunImages(project, spec)
  await project.write(
    { actor: 'program', action: 'detect.begin', subject: `job:${jobId}`, data: detectorFacts(detector.info) },
    (trx) => updateJob(trx, jobId, { done: 0, total, now: now() }),
  )
  let done = 0
  let nObjects = 0
  for await (const prepared of prepare(parts, detector.info)) {
    signal.throwIfAborted()
    const { image } = prepared
    try {
      if ('error' in prepared) throw prepared.error
      if (prepared.photo !== null) {
        const { photo } = prepared
        const onShare = (share: number): void => meter.report(detector.info.name, done + share, total)
        const options = { minScore: spec.minScore, signal, onShare }
        const detections = await detector.detect(photo, options)
        nObjects += await keep(parts, { jobId, image, detections, info: detector.info, done })
      }
    } catch (error) {
      signal.throwIfAborted()
      await noteImageFailure({ project, jobId, image, done, now }, error)
    }
    meter.report(detector.info.name, ++done, total)
  }
  await project.write(
    { actor: 'program', action: 'detect.end', subject: `job:${jobId}`, data: { done, nObjects } },
    (trx) => updateJob(trx, jobId, { done, now: now() }),
  )
  return { notes: [`${nObjects} ${nObjects === 1 ? 'object was' : 'objects were'} found`], modelIds: [] }
}

/** Decodes the photos that are to be looked at. */
async function* prepare({ project, spec }: DetectParts, info: DetectorInfo): AsyncGenerator<Prepared> {
  const folders = await listFolders(project.read)
  const toDetect = await ImagesToDetect.read(project, info, spec)
  yield* inOrderAhead(runImages(project, spec), decodedAhead, async (image): Promise<Prepared> => {
    try {
      // asked image by image: people may draw masks meanwhile
      if ((await toDetect.of([image])).length === 0) return { image, photo: null }
      const photo = await decodeImage(await resolveInside(folders.get(image.folderId)!, image.file))
      requireUnchanged(image, photo.sha256)
      return { image, photo }
    } catch (error) {
      return { image, error }
    }
  })
}

/** @returns how many objects were kept; an empty mask is none */
async function keep(
  { project, spec, now }: DetectParts,
  found: {
    readonly jobId: JobId
    readonly image: ProjectImage
    readonly detections: readonly Detection[]
    readonly info: DetectorInfo
    readonly done: number
  },
): Promise<number> {
  const { jobId, image, detections, info, done } = found
  const instances = detections.flatMap((detection) => instanceOf(image, detection, info))
  const data = { ...factsOf(info, spec.minScore), n: instances.length }
  await project.write({ actor: 'program', action: 'image.detect', subject: `image:${image.id}`, data }, async (trx) => {
    await insertInstances(trx, instances, now())
    await updateJob(trx, jobId, { done: done + 1, now: now() })
  })
  return instances.length
}

function instanceOf(image: ProjectImage, detection: Detection, info: DetectorInfo): NewInstance[] {
  const { category, categoryId, score, bbox, segmentation } = detection
  const [height, width] = segmentation.size
  const rle: Rle = { width, height, counts: decompressCounts(segmentation.counts, width * height) }
  if (rleArea(rle) === 0) return []
  return [
    {
      ...{ imageId: image.id, category, categorySourceId: categoryId, score, isCrowd: false },
      origin: `detector:${info.name}`,
      source: { bbox: [...bbox], detector: info.sha256 },
      mask: storedMask(rle),
      auditor: null,
    },
  ]
}

function detectorFacts({ name, label, sha256, minScore }: DetectorInfo) {
  return { name, label, sha256, minScore }
}

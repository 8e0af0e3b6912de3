import { z } from 'zod'
import { call, stream } from '../rpc.ts'
import { Failure, FilePath, JobState, Progress } from './common.ts'
import { RuntimeId, RuntimePreference } from './models.ts'
import { ProjectHandle } from './projects.ts'

/** `maskrcnn`: weights of Matterport's; `onnx`: a whole model */
export const detectorNames = ['maskrcnn', 'onnx'] as const

/** Which detector, and what is said about it. */
export const DetectorRequest = z.strictObject({
  path: FilePath,
  /** what the file is */
  architecture: z.enum(detectorNames),
  /** a JSON file with fields of Matterport's `Config`; left out: as COCO's weights are run */
  config: FilePath.optional(),
  runtime: RuntimePreference.default('auto'),
})
export type DetectorRequest = z.input<typeof DetectorRequest>

/** A class of objects that a detector finds. */
const DetectorClass = z.strictObject({
  /** the model's own number for it; 0 is the background */
  index: z.number().int().positive(),
  name: z.string(),
  /** COCO's id, or the index where it is none of COCO's */
  categoryId: z.number().int().positive(),
})

/** A loaded detector. */
export const DetectorInfo = z.strictObject({
  name: z.string(),
  /** what it is, e.g. `Mask R-CNN on ResNet101` */
  label: z.string(),
  sha256: z.string(),
  /** hash of its configuration, or of what its card says: of what its results depend on beside the weights */
  settings: z.string(),
  runtime: RuntimeId,
  classes: z.array(DetectorClass),
  /** least score of what it gives, 0…1 */
  minScore: z.number(),
  /** pixels of the side that photos are brought to; null: the model sees to it */
  side: z.number().int().positive().nullable(),
})
export type DetectorInfo = z.output<typeof DetectorInfo>

/** An object that was found in a photo. */
export const Detection = z.strictObject({
  classIndex: z.number().int().positive(),
  category: z.string(),
  categoryId: z.number().int().positive(),
  /** 0…1 */
  score: z.number(),
  /** of the detector: x, y, width, height in pixels of the photo */
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** the mask as COCO writes it: size [height, width], compressed run lengths */
  segmentation: z.strictObject({ size: z.tuple([z.number().int(), z.number().int()]), counts: z.string() }),
})
export type Detection = z.output<typeof Detection>

/** Which objects a project's images get, and from whom. */
export const DetectSpec = z.strictObject({
  detector: DetectorRequest,
  /** null: the detector's own */
  minScore: z.number().min(0).max(1).nullable().default(null),
  /** true: images that have a mask already are left out */
  onlyMissing: z.boolean().default(true),
  /** the first images in the project's order */
  limit: z.number().int().min(1).nullable().default(null),
  split: z.string().max(200).nullable().default(null),
})

export const detectingProcedures = {
  /** What looking for objects in a project's images would take; loads the detector. */
  'detect.estimate': call(
    z.strictObject({
      project: ProjectHandle,
      spec: DetectSpec,
      /** whether a detector that never ran here may look at one photo, to be timed */
      canTime: z.boolean().default(false),
    }),
    z.strictObject({
      nImages: z.number().int().nonnegative(),
      /** those that are still to be looked at */
      nLeft: z.number().int().nonnegative(),
      /** null: not known */
      seconds: z.number().nonnegative().nullable(),
      /** by one photo that was timed for it; else by what ran here before */
      isTimed: z.boolean(),
    }),
  ),

  /**
   * Loads a detector and tells what is known of it.
   * @throws AppError 'model.*', 'file.*', 'runtime.unavailable', 'compute.died'
   */
  'detector.describe': call(z.strictObject({ detector: DetectorRequest }), DetectorInfo),

  /** Finds objects in photos that belong to no project. */
  'detector.detect': stream(
    z.strictObject({
      detector: DetectorRequest,
      images: z.array(FilePath).min(1).max(100_000),
      /** objects below it are left out; null: those below the detector's own */
      minScore: z.number().min(0).max(1).nullable().default(null),
      /** for another program, in a format of datasets; null: nothing is written */
      write: z
        .strictObject({ format: z.string().min(1).max(64), out: FilePath })
        .nullable()
        .default(null),
    }),
    Progress,
    z.strictObject({
      detector: DetectorInfo,
      images: z.array(
        z.strictObject({
          file: z.string(),
          width: z.number().int().positive(),
          height: z.number().int().positive(),
          detections: z.array(Detection),
        }),
      ),
      failures: z.array(Failure),
      /** null: nothing was to be written */
      written: z
        .strictObject({
          files: z.array(z.string()),
          instances: z.number().int().nonnegative(),
          /** what the format could not hold: a plural noun phrase and how many */
          losses: z.array(z.strictObject({ what: z.string(), n: z.number().int().nonnegative() })),
        })
        .nullable(),
    }),
  ),

  /**
   * Begins to look for objects in a project's images, or goes on where the same work was stopped; what is found becomes
   * machine masks. Ends with the job, see 'detect.watch'.
   */
  'detect.start': call(
    z.strictObject({ project: ProjectHandle, spec: DetectSpec }),
    z.strictObject({ job: z.number().int().positive() }),
  ),

  /** Follows it to its end. 'job.cancel' stops it. */
  'detect.watch': stream(
    z.strictObject({ project: ProjectHandle, job: z.number().int().positive() }),
    Progress,
    z.strictObject({
      state: JobState,
      /** images that were looked at, those that failed included */
      nImages: z.number().int().nonnegative(),
      failures: z.array(Failure),
      notes: z.array(z.string()),
    }),
  ),
}

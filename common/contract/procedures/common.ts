import { z } from 'zod'
import { errorCodes } from '../errors.ts'

/** A path that the user gave or picked in a dialog. */
export const FilePath = z.string().min(1).max(4096)

/** How far a long call is: state, not deltas, so that an event may be lost. */
export const Progress = z.strictObject({
  /** what is being done, for people, e.g. `reading photos` */
  step: z.string(),
  done: z.number().nonnegative(),
  /** null: not known */
  total: z.number().nonnegative().nullable(),
  /** time left by the pace so far, ms; null: not known yet */
  etaMs: z.number().nonnegative().nullable(),
})
export type Progress = z.output<typeof Progress>

/** One image (or file) that could not be done; the rest went on. */
export const Failure = z.strictObject({
  image: z.string(),
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string().optional(),
})
export type Failure = z.output<typeof Failure>

/** Variant of a method or of a mask rule: the authors' scripts, or the definition. */
export const Variant = z.enum(['standard', 'paper'])
export type Variant = z.output<typeof Variant>

/** Options of an explanation method as given; each method checks its own. */
export const MethodOptions = z.record(z.string().max(64), z.union([z.string().max(500), z.number(), z.boolean()]))

/** How far a job of a project is; `interrupted`: its process ended before it did. */
export const JobState = z.enum(['running', 'done', 'failed', 'cancelled', 'interrupted'])

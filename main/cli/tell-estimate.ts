import { AppError } from '#common/contract/errors.ts'
import type { EngineClient } from '#common/contract/index.ts'
import type { CommandContext } from './command.ts'
import { durationWords, sizeWords } from './progress.ts'
import { counted } from './table.ts'

type RunSpec = Parameters<EngineClient['run.estimate']>[0]['spec']
type DetectSpec = Parameters<EngineClient['detect.estimate']>[0]['spec']

/** Says before a run starts what it will take, where anything is to be computed. What stops it is for the run to say. */
export function tellRunEstimate(context: CommandContext, project: number, spec: RunSpec): Promise<void> {
  const { engine, signal, messages } = context
  messages.progress({ step: 'loading the classifiers', done: 0, total: null, etaMs: null })
  return leavingErrors(async () => {
    const { nMaps, seconds, bytes } = await engine['run.estimate']({ project, spec }, { signal })
    if (nMaps === 0) return
    messages.note(
      `${counted(nMaps, 'map')} to compute: ${timeWords(seconds)}; the project grows by about ${sizeWords(bytes)}`,
    )
  })
}

/** Says before objects are looked for how long that will take, by a photo that is timed where nothing else tells it. */
export function tellDetectEstimate(context: CommandContext, project: number, spec: DetectSpec): Promise<void> {
  const { engine, signal, messages } = context
  messages.progress({ step: 'loading and timing the detector', done: 0, total: null, etaMs: null })
  return leavingErrors(async () => {
    const { nLeft, seconds } = await engine['detect.estimate']({ project, spec, canTime: true }, { signal })
    if (nLeft > 0) messages.note(detectWords(nLeft, seconds))
  })
}

/** How long it takes to look for objects in so many images. @param seconds null: not known */
export function detectWords(nImages: number, seconds: number | null): string {
  return `${counted(nImages, 'image')} to look at: ${timeWords(seconds)}`
}

function timeWords(seconds: number | null): string {
  return seconds === null
    ? 'how long it takes is not known before it ran here'
    : `about ${durationWords(1000 * seconds)}`
}

async function leavingErrors(tell: () => Promise<void>): Promise<void> {
  try {
    await tell()
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'aborted') throw error
  }
}

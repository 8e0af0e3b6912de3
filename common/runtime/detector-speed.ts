import type { DetectorInfo } from '../contract/procedures/detecting.ts'
import type { SpeedKey } from '../contract/procedures/runtimes.ts'

/** What a detector's speed is remembered under: photos of another side, px, are another work. */
export function detectorSpeedKey({
  sha256,
  runtime,
  side,
}: Pick<DetectorInfo, 'sha256' | 'runtime' | 'side'>): SpeedKey {
  return { sha256, runtime, work: side === null ? 'detect' : `detect ${side}` }
}

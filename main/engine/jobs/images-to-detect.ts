import type { z } from 'zod'
import type { ImageId } from '#common/contract/ids.ts'
import type { DetectorInfo, DetectSpec } from '#common/contract/procedures/detecting.ts'
import { imagesFoundEmpty, imagesWithMasks, type DetectorFacts } from '#main/project/detected-images.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import type { Project } from '#main/project/project.ts'

type ParsedDetectSpec = z.output<typeof DetectSpec>

/** What the log says of a detector with each image that it looked at. */
export function factsOf({ sha256, settings, minScore: own }: DetectorInfo, minScore: number | null): DetectorFacts {
  return { detector: sha256, settings, minScore: minScore ?? own }
}

/**
 * Which images a detector is to look at: not those that it was at already, whether it found something or nothing, nor
 * those that have masks where only others are wanted.
 */
export class ImagesToDetect {
  readonly #project: Project
  /** whose masks say that an image is done; null: anybody's */
  readonly #detector: string | null
  readonly #empty: ReadonlySet<ImageId>

  static async read(
    project: Project,
    info: DetectorInfo,
    { minScore, onlyMissing }: Pick<ParsedDetectSpec, 'minScore' | 'onlyMissing'>,
  ): Promise<ImagesToDetect> {
    const empty = await imagesFoundEmpty(project.read, factsOf(info, minScore))
    return new ImagesToDetect(project, onlyMissing ? null : info.sha256, empty)
  }

  private constructor(project: Project, detector: string | null, empty: ReadonlySet<ImageId>) {
    this.#project = project
    this.#detector = detector
    this.#empty = empty
  }

  /** Those of some images that are still to be looked at. */
  async of(images: readonly ProjectImage[]): Promise<readonly ProjectImage[]> {
    const unknown = images.filter(({ id }) => !this.#empty.has(id))
    const ids = unknown.map(({ id }) => id)
    const masked = await imagesWithMasks(this.#project.read, ids, this.#detector)
    return unknown.filter(({ id }) => !masked.has(id))
  }
}

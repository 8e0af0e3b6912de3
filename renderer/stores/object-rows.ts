import { isPart, standingsOf, type ObjectStanding } from '#common/classes/object-rule.ts'
import type { ReviewedImage, ReviewedInstance } from '#common/contract/procedures/reviewing.ts'
import { rleArea } from '#common/mask/rle.ts'

/** An instance of an image as the list of its objects shows it. */
export interface ObjectRow {
  readonly id: number
  /** from 1, in the order in which they came */
  readonly number: number
  readonly category: string | null
  readonly score: number | null
  /** of the photo's pixels, 0…1 */
  readonly areaShare: number
  readonly origin: 'machine' | 'corrected' | 'drawn'
  readonly standing: ObjectStanding
  readonly isPart: boolean
}

type Areas = ReadonlyMap<number, number>

const savedAreas = new WeakMap<ReviewedInstance, number>()

/** @param areas of the masks as they are painted, pixels by id; those that are absent are as they were saved */
export function objectRows(image: ReviewedImage, areas: Areas): ObjectRow[] {
  const pixels = image.width * image.height
  const candidates = image.instances.map((instance) => {
    return { ...instance, area: areas.get(instance.id) ?? savedArea(instance) }
  })
  const standings = standingsOf(candidates, image.label, image.object)
  return candidates.map(({ id, category, score, area, machine, correction }, i) => ({
    ...{ id, number: i + 1, category, score, areaShare: area / pixels },
    origin: machine === null ? 'drawn' : correction === null ? 'machine' : 'corrected',
    standing: standings[i]!,
    isPart: isPart(standings[i]!),
  }))
}

/** Ids of the instances that make up the object mask of an image. */
export function partsOfObject(image: ReviewedImage, areas: Areas): ReadonlySet<number> {
  return new Set(objectRows(image, areas).flatMap(({ id, isPart }) => (isPart ? [id] : [])))
}

function savedArea(instance: ReviewedInstance): number {
  const mask = instance.correction ?? instance.machine
  const area = savedAreas.get(instance) ?? (mask === null ? 0 : rleArea(mask))
  savedAreas.set(instance, area)
  return area
}

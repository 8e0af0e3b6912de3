import type { ClassName } from './creatures/creatures.ts'
import type { Background } from './grounds/grounds.ts'
import { scramble, seededRandom, type Random } from './random.ts'
import type { SceneRequest } from './scene.ts'

/** A part of the sample. */
type SplitName = 'train-shortcut' | 'train-fair' | 'test' | 'test-fair'

/** How a part of the sample is made up. */
export interface SplitPlan {
  readonly split: SplitName
  /** How many scenes; they are spread evenly over the classes. */
  readonly n: number
  /**
   * Between class and background (Cramér's V): each scene has its class's own background with this probability, else
   * any of the three. 0: the background says nothing about the class.
   */
  readonly correlation: number
  /** Keeps the scenes of the splits apart. */
  readonly stream: number
}

/**
 * The parts of the sample. A classifier that is trained on `train-shortcut` may look at the background instead of the
 * animal; `train-fair` does not let it. `test` has the shortcut too, as test data taken from the same source would: both
 * classifiers are equally good on it, and only where they look tells them apart. `test-fair` shows what the shortcut
 * costs where it does not hold.
 */
export const sampleSplits: readonly SplitPlan[] = [
  { split: 'train-shortcut', n: 1200, correlation: 0.97, stream: 1 },
  { split: 'train-fair', n: 1200, correlation: 0, stream: 2 },
  { split: 'test', n: 210, correlation: 0.97, stream: 3 },
  { split: 'test-fair', n: 210, correlation: 0, stream: 4 },
]

/** The background that betrays a class where there is a shortcut. */
export const ownBackground: Readonly<Record<ClassName, Background>> = {
  beetle: 'forest',
  butterfly: 'meadow',
  turtle: 'beach',
}

const classNames = Object.keys(ownBackground) as ClassName[]
const backgrounds = Object.values(ownBackground)

/** A scene of the sample, ready to be drawn. */
export interface PlannedScene extends SceneRequest {
  /** Of the photo, below the split's folder: `beetle/0001.png`. */
  readonly file: string
}

/**
 * The scenes of a split. The classes take turns; within each class, backgrounds are as frequent as the correlation asks,
 * to the nearest whole number, in random order.
 * @param seed a whole number of 32 bits
 * @param plan one of `sampleSplits`, or a changed copy
 */
export function planScenes(seed: number, { n, correlation, stream }: SplitPlan): readonly PlannedScene[] {
  const sceneSeed = scramble(seed, stream)
  const random = seededRandom(sceneSeed)
  const queues = classNames.map((className, i) =>
    spreadBackgrounds(className, { n: Math.ceil((n - i) / classNames.length), correlation, random }),
  )
  return Array.from({ length: n }, (_, index) => {
    const className = classNames[index % classNames.length]!
    const background = queues[index % classNames.length]![Math.floor(index / classNames.length)]!
    const file = `${className}/${String(index + 1).padStart(4, '0')}.png`
    return { seed: sceneSeed, index, className, background, file }
  })
}

/** The backgrounds of a class's n scenes. */
function spreadBackgrounds(
  className: ClassName,
  { n, correlation, random }: { readonly n: number; readonly correlation: number; readonly random: Random },
): Background[] {
  const own = ownBackground[className]
  const others = backgrounds.filter((each) => each !== own)
  const nOwn = Math.round(n * (correlation + (1 - correlation) / backgrounds.length))
  const list = Array.from({ length: n }, (_, i) => (i < nOwn ? own : others[i % others.length]!))
  for (let i = n - 1; i > 0; i--) {
    const j = random.whole(0, i)
    const kept = list[i]!
    list[i] = list[j]!
    list[j] = kept
  }
  return list
}

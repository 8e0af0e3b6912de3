import { blend, colour, type Colour } from '../../colour.ts'
import type { Random } from '../../random.ts'

/** The colour of legs, eyes, and of most beetles' heads. */
export const black = colour('#17161a')
const ivory = colour('#f4ecd8')

/** A marking of the right wing case, mirrored to the left: x, y, and its half axes. */
type Spot = readonly [x: number, y: number, radiusX: number, radiusY: number]

/** What a beetle looks like. */
export interface Coat {
  readonly shell: Colour
  /** The shell's colour towards its edge. */
  readonly deep: Colour
  /** Of spots, stripes or flecks. */
  readonly mark: Colour
  /** Of the shield behind the head. */
  readonly front: Colour
  /** Patches on shield and head. */
  readonly cheeks: Colour | null
  readonly spots: readonly Spot[]
  /** How many stripes a wing case has, about; 0: none. */
  readonly stripes: number
  /** The colour of a metallic shell's shine. */
  readonly metal: Colour | null
  readonly gloss: number
}

/** A ladybird, a rose chafer or a striped leaf beetle. */
export function chooseCoat(random: Random): Coat {
  return random.pick([ladybird, ladybird, chafer, striped])(random)
}

const ladybirds = [
  ['#d7261c', '#8e100f', '#17161a'],
  ['#e2401a', '#9c1f10', '#17161a'],
  ['#ef7d18', '#b5480e', '#17161a'],
  ['#f0c02a', '#bf8412', '#1c1a17'],
  ['#26232a', '#0f0e12', '#d8321c'],
] as const

/** Seven, two, eleven or fourteen spots, as they lie on the right wing case. */
const layouts: readonly (readonly Spot[])[] = [
  [
    [0.33, -0.12, 0.12, 0.12],
    [0.44, 0.3, 0.14, 0.14],
    [0.2, 0.56, 0.12, 0.12],
    [0, -0.3, 0.13, 0.1],
  ],
  [[0.34, 0.1, 0.17, 0.17]],
  [
    [0.24, -0.18, 0.09, 0.1],
    [0.5, 0.0, 0.09, 0.1],
    [0.2, 0.16, 0.09, 0.1],
    [0.5, 0.36, 0.09, 0.1],
    [0.26, 0.5, 0.09, 0.1],
    [0.18, 0.76, 0.08, 0.08],
  ],
  [
    [0.4, -0.14, 0.16, 0.12],
    [0.22, 0.2, 0.1, 0.11],
    [0.46, 0.38, 0.13, 0.12],
    [0.22, 0.66, 0.11, 0.1],
  ],
]

function ladybird(random: Random): Coat {
  const [shell, deep, mark] = random.pick(ladybirds)
  const size = random.between(0.85, 1.25)
  const jitter = (): number => random.between(-0.03, 0.03)
  const spots = random.pick(layouts).map(([x, y, radiusX, radiusY]): Spot => {
    // a spot on the seam stays there
    return [x === 0 ? 0 : x + jitter(), y + jitter(), radiusX * size, radiusY * size]
  })
  const colours = { shell: colour(shell), deep: colour(deep), mark: colour(mark), front: black, cheeks: ivory }
  return { ...colours, spots, stripes: 0, metal: null, gloss: 0.9 }
}

const chafers = [
  ['#2f7d3a', '#b9c43a'],
  ['#1f6f5e', '#56c08a'],
  ['#7a5a22', '#d29a3c'],
  ['#234f8f', '#4fb3c9'],
  ['#4b2f7d', '#b04f9a'],
] as const

function chafer(random: Random): Coat {
  const [shell, metal] = random.pick(chafers)
  const base = colour(shell)
  const colours = { shell: base, deep: blend(base, black, 0.55), mark: ivory, front: base, cheeks: null }
  return { ...colours, spots: [], stripes: 0, metal: colour(metal), gloss: 1 }
}

const leafBeetles = [
  ['#edc24a', '#2a1c14'],
  ['#c8442a', '#1d1716'],
  ['#d9b56a', '#3b2416'],
  ['#7fa548', '#1d2a18'],
] as const

function striped(random: Random): Coat {
  const [shell, mark] = random.pick(leafBeetles)
  const base = colour(shell)
  const front = blend(base, colour('#b5541c'), 0.5)
  const colours = { shell: base, deep: blend(base, black, 0.4), mark: colour(mark), front, cheeks: null }
  return { ...colours, spots: [], stripes: random.pick([2.5, 3.5, 4.5]), metal: null, gloss: 0.7 }
}

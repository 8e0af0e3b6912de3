import { colour, type Colour } from '../../colour.ts'

/** What a turtle looks like. */
export interface Coat {
  readonly plate: Colour
  /** Of the middle of each plate. */
  readonly heart: Colour
  readonly groove: Colour
  readonly rim: Colour
  readonly skin: Colour
  readonly mark: Colour
  /** How many rays each plate has; 0: none. */
  readonly rays: number
  /** How plain the growth rings are, 0 … 1. */
  readonly rings: number
  readonly hasStripes: boolean
}

type Colours = readonly [plate: string, heart: string, groove: string, rim: string, skin: string, mark: string]

function coat(colours: Colours, rest: Pick<Coat, 'rays' | 'rings' | 'hasStripes'>): Coat {
  const [plate, heart, groove, rim, skin, mark] = colours.map(colour) as [
    Colour,
    Colour,
    Colour,
    Colour,
    Colour,
    Colour,
  ]
  return { plate, heart, groove, rim, skin, mark, ...rest }
}

/** Tortoises with growth rings or stars, and striped terrapins. */
export const coats: readonly Coat[] = [
  coat(['#6f7a34', '#b8a94a', '#2c2f17', '#8f8a3f', '#5f7a3a', '#d8cf6a'], { rays: 0, rings: 1, hasStripes: true }),
  coat(['#8a6236', '#d7a95a', '#38261a', '#a67c44', '#8b7a55', '#c9b98a'], { rays: 0, rings: 1, hasStripes: false }),
  coat(['#3d3324', '#e2c25a', '#1c1712', '#57472c', '#6b5d42', '#d9c27a'], { rays: 9, rings: 0.3, hasStripes: false }),
  coat(['#4a6a4a', '#7fa06a', '#20301f', '#5f8058', '#6b8f4a', '#e3d66a'], { rays: 0, rings: 0.7, hasStripes: true }),
  coat(['#9c5a34', '#e09a5a', '#46220f', '#b87444', '#a88a62', '#e0c89a'], { rays: 7, rings: 0.8, hasStripes: false }),
  coat(['#5a6668', '#9aa6a0', '#252b2d', '#737f80', '#7c8676', '#b9c4a8'], { rays: 0, rings: 1, hasStripes: false }),
]

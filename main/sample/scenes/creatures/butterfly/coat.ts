import { colour, type Colour } from '../../colour.ts'

/** What a butterfly looks like. */
export interface Coat {
  /** Near the body, and farther out. */
  readonly inner: Colour
  readonly outer: Colour
  readonly margin: Colour
  readonly dots: Colour
  readonly vein: Colour
  /** How broad the margin is, 0 … 1. */
  readonly border: number
  /** How plain the veins are, 0 … 1. */
  readonly veins: number
  /** Of the middle of the eyespots; null: there are none. */
  readonly eyes: Colour | null
  readonly hasTail: boolean
  /** Whether there are dots along the margin. */
  readonly hasDots: boolean
  /** How much the colour plays with the place, 0 … 1. */
  readonly iridescence: number
}

type Colours = readonly [inner: string, outer: string, margin: string, dots: string, vein: string]
type Rest = Omit<Coat, 'inner' | 'outer' | 'margin' | 'dots' | 'vein'>

const plain = { eyes: null, hasTail: false, hasDots: false, iridescence: 0 }

function coat(colours: Colours, rest: Pick<Rest, 'border' | 'veins'> & Partial<Rest>): Coat {
  const [inner, outer, margin, dots, vein] = colours.map(colour) as [Colour, Colour, Colour, Colour, Colour]
  return { inner, outer, margin, dots, vein, ...plain, ...rest }
}

/** After monarch, swallowtail, morpho, peacock, brimstone, large white, common blue and grayling. */
export const coats: readonly Coat[] = [
  coat(['#e8862a', '#d4601a', '#1d1412', '#f6efe2', '#1d1412'], { border: 0.5, veins: 1, hasDots: true }),
  coat(['#f3dc7a', '#eac64a', '#1c1a18', '#f0d85a', '#1c1a18'], {
    border: 0.5,
    veins: 0.9,
    eyes: colour('#c8402a'),
    hasTail: true,
    hasDots: true,
  }),
  coat(['#3f8fe0', '#1f5cc0', '#14161f', '#cfe4f6', '#123a78'], {
    border: 0.45,
    veins: 0.4,
    hasDots: true,
    iridescence: 1,
  }),
  coat(['#b5442a', '#8e2f22', '#2a1a18', '#d8b98a', '#5a241c'], { border: 0.3, veins: 0.35, eyes: colour('#5f8fd0') }),
  coat(['#f2ea6a', '#e4d63e', '#c9b82e', '#e88a2a', '#b8ac3a'], { border: 0.1, veins: 0.35 }),
  coat(['#f5f3ea', '#e8e6dc', '#3a3634', '#f5f3ea', '#4a4642'], { border: 0.22, veins: 0.3 }),
  coat(['#8fa8e6', '#6a7fd0', '#2d2a3a', '#f0f0f6', '#4a569a'], {
    border: 0.25,
    veins: 0.4,
    hasDots: true,
    iridescence: 0.5,
  }),
  coat(['#e6b94a', '#c07a2a', '#4a2c1a', '#f3e2b0', '#5a3518'], {
    border: 0.4,
    veins: 0.8,
    eyes: colour('#e8d8a8'),
    hasDots: true,
  }),
]

import type { Pcg64 } from './pcg64.ts'

const nLayers = 256
/** where the tail begins, and the area of each layer */
const tailStart = 3.6541528853610088
const area = 0.004928673233974658
const maxMantissa = 2 ** 52

/**
 * Normal numbers of mean 0 and standard deviation 1 as NumPy's `Generator.standard_normal` draws them: the same stream
 * within 1e-14. NumPy's tables are constants; these are computed from the two constants above.
 * @see Marsaglia and Tsang, “The Ziggurat Method for Generating Random Variables”, 2000
 * @see https://github.com/numpy/numpy/blob/v1.26.4/numpy/random/src/distributions/distributions.c
 */
export function standardNormals(random: Pcg64, n: number): Float64Array {
  const result = new Float64Array(n)
  for (let i = 0; i < n; i++) result[i] = standardNormal(random)
  return result
}

function standardNormal(random: Pcg64): number {
  for (;;) {
    random.next()
    const { high, low } = random
    const layer = low & 0xff
    const isNegative = ((low >>> 8) & 1) === 1
    const mantissa = (high & 0x1fffffff) * 2 ** 23 + (low >>> 9)
    const distance = mantissa * tables.width[layer]!
    if (mantissa < tables.inside[layer]!) return isNegative ? -distance : distance
    if (layer === 0) return tail(random, mantissa)
    const { height } = tables
    const drawn = (height[layer - 1]! - height[layer]!) * random.uniform() + height[layer]!
    if (drawn < Math.exp(-0.5 * distance * distance)) return isNegative ? -distance : distance
  }
}

/** The sign comes from a bit of the number that led here. */
function tail(random: Pcg64, mantissa: number): number {
  for (;;) {
    const x = -Math.log1p(-random.uniform()) / tailStart
    const y = -Math.log1p(-random.uniform())
    if (y + y > x * x) return Math.floor(mantissa / 256) % 2 === 1 ? -(tailStart + x) : tailStart + x
  }
}

interface Tables {
  /** mantissas below it lie inside the next layer */
  readonly inside: Float64Array
  /** of one unit of the mantissa */
  readonly width: Float64Array
  readonly height: Float64Array
}

const tables = makeTables()

function makeTables(): Tables {
  const [inside, width, height] = [0, 1, 2].map(() => new Float64Array(nLayers)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const density = (x: number): number => Math.exp(-0.5 * x * x)
  const base = area / density(tailStart)
  inside[0] = Math.floor((tailStart / base) * maxMantissa)
  width[0] = base / maxMantissa
  height[0] = 1
  let outer = tailStart
  width[nLayers - 1] = outer / maxMantissa
  height[nLayers - 1] = density(outer)
  for (let layer = nLayers - 2; layer >= 1; layer--) {
    const inner = Math.sqrt(-2 * Math.log(area / outer + density(outer)))
    inside[layer + 1] = Math.floor((inner / outer) * maxMantissa)
    width[layer] = inner / maxMantissa
    height[layer] = density(inner)
    outer = inner
  }
  return { inside, width, height }
}

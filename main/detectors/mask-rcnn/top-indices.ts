/**
 * The places of the highest scores, best first; of equal scores the lower place first. NaN is never among them.
 *
 * Two counts of 16 bits each find the lowest score that is taken, so that only what is taken gets sorted.
 * @param scores any numbers
 * @param k how many; fewer come back where there are not so many
 */
export function topIndices(scores: Float32Array, k: number): Uint32Array {
  const taken = k < scores.length ? placesOfBest(scores, k) : placesOfNumbers(scores)
  return taken.sort((a, b) => scores[b]! - scores[a]! || a - b)
}

function placesOfNumbers(scores: Float32Array): Uint32Array {
  const places = new Uint32Array(scores.length)
  let n = 0
  for (let i = 0; i < scores.length; i++) if (!Number.isNaN(scores[i])) places[n++] = i
  return places.subarray(0, n)
}

/** In the order of the scores array, for k below its length. */
function placesOfBest(scores: Float32Array, k: number): Uint32Array {
  const keys = orderedKeys(scores)
  const lowest = kthLargest(keys, k)
  let nAbove = 0
  for (let i = 0; i < keys.length; i++) if (keys[i]! > lowest) nAbove++
  let nEqual = k - nAbove // how many of those that are exactly as good as the lowest
  const places = new Uint32Array(k)
  let n = 0
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    if (key < lowest || key === notANumber || (key === lowest && nEqual-- <= 0)) continue
    places[n++] = i
  }
  return places.subarray(0, n)
}

const notANumber = 0

/** Whole numbers in the order of the scores: a float32’s bits are, once those of negative numbers are turned over. */
function orderedKeys(scores: Float32Array): Uint32Array {
  const bits = new Uint32Array(scores.slice().buffer)
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!
    if (Number.isNaN(scores[i])) bits[i] = notANumber
    else if (scores[i] === 0) bits[i] = 0x8000_0000
    else bits[i] = value >= 0x8000_0000 ? ~value : value + 0x8000_0000
  }
  return bits
}

/** The k-th largest key. */
function kthLargest(keys: Uint32Array, k: number): number {
  const counts = new Uint32Array(65_536)
  for (let i = 0; i < keys.length; i++) counts[keys[i]! >>> 16]!++
  const upper = bucketFromTop(counts, k)
  counts.fill(0)
  for (let i = 0; i < keys.length; i++) if (keys[i]! >>> 16 === upper.bucket) counts[keys[i]! & 0xffff]!++
  return upper.bucket * 65_536 + bucketFromTop(counts, upper.left).bucket
}

/** The bucket in which the k-th key from the top is, and which one of the bucket's it is. */
function bucketFromTop(counts: Uint32Array, k: number): { bucket: number; left: number } {
  let left = k
  let bucket = counts.length - 1
  for (; bucket > 0 && counts[bucket]! < left; bucket--) left -= counts[bucket]!
  return { bucket, left }
}

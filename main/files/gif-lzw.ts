const MAX_CODES = 4096
const MAX_CODE_BITS = 12

/**
 * Unpacks the LZW data of a GIF frame: codes of `minCodeSize` + 1 to 12 bits, least significant bit first. A table
 * entry is the string before it plus one value, and both stand side by side in the output already: an entry is kept
 * as a place in the output, not as a chain.
 * @param data the frame's data without block lengths
 * @returns exactly `count` colour indices, or null if the data are damaged or end before
 */
export function unpackGifLzw(
  data: Uint8Array,
  { minCodeSize, count }: { readonly minCodeSize: number; readonly count: number },
): Uint8Array | null {
  if (minCodeSize < 1 || minCodeSize > 8) return null
  const clear = 1 << minCodeSize
  const starts = new Uint32Array(MAX_CODES)
  const lengths = new Uint16Array(MAX_CODES)
  const out = new Uint8Array(count)
  let [next, codeBits, previous] = [clear + 2, minCodeSize + 1, 0]
  let [held, heldBits, at, written] = [0, 0, 0, 0]
  while (written < count) {
    for (; heldBits < codeBits; heldBits += 8) {
      if (at === data.length) return null
      held |= data[at++]! << heldBits
    }
    const code = held & ((1 << codeBits) - 1)
    held >>>= codeBits
    heldBits -= codeBits
    if (code === clear) {
      ;[next, codeBits, previous] = [clear + 2, minCodeSize + 1, 0]
      continue
    }
    if (previous > 0 && next < MAX_CODES) {
      starts[next] = written - previous
      lengths[next++] = previous + 1
      if (next === 1 << codeBits && codeBits < MAX_CODE_BITS) codeBits++
    }
    if (code === clear + 1 || code >= next) return null
    previous = code < clear ? 1 : Math.min(lengths[code]!, count - written)
    if (code < clear) out[written++] = code
    // forward and one by one: an entry may run into what is being written
    else for (let from = starts[code]!, i = 0; i < previous; i++) out[written++] = out[from++]!
  }
  return out
}

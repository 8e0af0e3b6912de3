/** The colour maps of heat maps, by their usual names: perceptually uniform, readable in grey and for the colour blind. */
export const colourMapNames = ['inferno', 'viridis', 'cividis', 'grey'] as const
export type ColourMapName = (typeof colourMapNames)[number]

/**
 * Every 17th entry of the tables in matplotlib 3.10's `_cm_listed.py`, rounded to 8 bits. Inferno and viridis: Nathaniel
 * Smith and Stéfan van der Walt, CC0. Cividis: Jamie Nuñez, Christopher Anderton and Ryan Renslow, PLOS ONE 13(7), 2018.
 */
const stops: Readonly<Record<ColourMapName, readonly number[]>> = {
  inferno: [
    0x000004, 0x0c0826, 0x240c4f, 0x420a68, 0x5d126e, 0x781c6d, 0x932667, 0xae305c, 0xc73e4c, 0xdd513a, 0xed6925,
    0xf8850f, 0xfca50a, 0xfac62d, 0xf2e661, 0xfcffa4,
  ],
  viridis: [
    0x440154, 0x481a6c, 0x472f7d, 0x414487, 0x39568c, 0x31688e, 0x2a788e, 0x23888e, 0x1f988b, 0x22a884, 0x35b779,
    0x54c568, 0x7ad151, 0xa5db36, 0xd2e21b, 0xfde725,
  ],
  cividis: [
    0x00224e, 0x002e6c, 0x1e3a6f, 0x35456c, 0x47516c, 0x575d6d, 0x666970, 0x757575, 0x848279, 0x948e77, 0xa59c74,
    0xb7a96e, 0xc8b866, 0xdbc75a, 0xeed649, 0xfee838,
  ],
  grey: [0x000000, 0xffffff],
}

/**
 * RGB of 256 levels, from little (0) to much (255), row-major [256 × 3]. Linear between 16 exact entries: against the
 * original tables at most 11 of 255 levels off in any channel, 0.8 in the mean.
 */
export const colourMaps: Readonly<Record<ColourMapName, Readonly<Uint8Array>>> = {
  inferno: interpolateStops(stops.inferno),
  viridis: interpolateStops(stops.viridis),
  cividis: interpolateStops(stops.cividis),
  grey: interpolateStops(stops.grey),
}

export const { inferno } = colourMaps

function interpolateStops(entries: readonly number[]): Uint8Array {
  const table = new Uint8Array(256 * 3)
  for (let level = 0; level < 256; level++) {
    const at = (level / 255) * (entries.length - 1)
    const from = Math.min(Math.floor(at), entries.length - 2)
    for (let channel = 0; channel < 3; channel++) {
      const shift = 16 - 8 * channel
      const low = (entries[from]! >> shift) & 0xff
      const high = (entries[from + 1]! >> shift) & 0xff
      table[3 * level + channel] = Math.round(low + (high - low) * (at - from))
    }
  }
  return table
}

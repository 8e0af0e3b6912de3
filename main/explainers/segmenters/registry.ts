import { grid } from './grid.ts'
import { quickshift } from './quickshift.ts'
import { slic } from './slic.ts'

/** Every way to divide a photo into segments; a new one is a file, a name here and its options in the line below. */
export const segmenters = { quickshift, slic, grid }

/** The options of all of them, told apart by their names. */
export const segmenterOptions = { ...quickshift.options, ...slic.options, ...grid.options }

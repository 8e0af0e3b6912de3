import { norm } from './boxes.ts'
import type { MaskRcnnConfig } from './config.ts'

/**
 * The boxes that the region proposal network looks for objects at: each ratio around each cell's corner of each level.
 * @param side of the network's square input, pixels
 * @returns [n, 4], normalised, partly outside the input; order level > row > column > ratio, which is the order of the
 *   network's outputs. A level has ⌈side ÷ stride⌉² cells: 261 888 anchors at 1024 with three ratios.
 * @see Ren et al., Faster R-CNN, NeurIPS 2015, section 3.1.1; Matterport `generate_pyramid_anchors`
 */
export function anchorsFor(
  side: number,
  { anchorScales, anchorRatios, strides }: Pick<MaskRcnnConfig, 'anchorScales' | 'anchorRatios' | 'strides'>,
): Float32Array {
  const nCells = strides.map((stride) => Math.ceil(side / stride))
  const pixels = new Float64Array(nCells.reduce((sum, n) => sum + n * n, 0) * anchorRatios.length * 4)
  let at = 0
  for (const [level, stride] of strides.entries()) {
    const n = nCells[level]!
    const sizes = anchorRatios.map((ratio) => [
      anchorScales[level]! / Math.sqrt(ratio),
      anchorScales[level]! * Math.sqrt(ratio),
    ]) as [height: number, width: number][]
    for (let cell = 0; cell < n * n; cell++) {
      const y = Math.floor(cell / n) * stride
      const x = (cell % n) * stride
      for (const [height, width] of sizes) {
        pixels[at++] = y - 0.5 * height
        pixels[at++] = x - 0.5 * width
        pixels[at++] = y + 0.5 * height
        pixels[at++] = x + 0.5 * width
      }
    }
  }
  return norm(pixels, { height: side, width: side })
}

import * as tf from '@tensorflow/tfjs'

/**
 * Sizes, places and phases of moving windows, made of operations that the wasm backend does fast: transposes of three
 * axes, padding, slices (slice.ts), matrix products.
 */

/** Sizes of a convolution or pooling, of layout [batch, height, width, channels]. */
export type ConvInfo = tf.backend_util.Conv2DInfo

export type Shape4D = [number, number, number, number]
type Pair = readonly [number, number]

/** Attributes that the kernels of convolutions and poolings have in common. */
export interface WindowAttributes {
  readonly strides: number | [number, number]
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

export function convInfoOf(
  inputShape: Shape4D,
  filterShape: Shape4D,
  { strides, pad, dimRoundingMode }: WindowAttributes,
  kind: 'plain' | 'depthwise',
): ConvInfo {
  const isDepthwise = kind === 'depthwise'
  return tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode, isDepthwise)
}

/**
 * Visits what every output cell of a window operation sees: output cells in row-major order, and for each the cells of
 * its window in row-major order that lie inside the input.
 * @param visit index of the input cell (batch · height · width), of the window's cell, of the output cell
 */
export function forEachTap(info: ConvInfo, visit: (cell: number, tap: number, outCell: number) => void): void {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo } = info
  for (let outRow = 0; outRow < batchSize * outHeight; outRow++) {
    const top = (outRow % outHeight) * info.strideHeight - padInfo.top
    const image = Math.floor(outRow / outHeight) * inHeight
    for (let outColumn = 0; outColumn < outWidth; outColumn++) {
      const left = outColumn * info.strideWidth - padInfo.left
      const outCell = outRow * outWidth + outColumn
      for (let i = Math.max(-top, 0); i < Math.min(filterHeight, inHeight - top); i++) {
        const row = (image + top + i) * inWidth + left
        for (let j = Math.max(-left, 0); j < Math.min(filterWidth, inWidth - left); j++) {
          visit(row + j, i * filterWidth + j, outCell)
        }
      }
    }
  }
}

/**
 * Sorts the cells of images by their place within blocks of `strides` cells, their phase.
 * @param x [a, height, width, b]; height and width are multiples of the strides
 * @returns [column in the block, row in the block, a, height / stride, width / stride, b], the first two as one axis
 */
function splitPhases(x: tf.Tensor4D, [sy, sx]: Pair): tf.Tensor<tf.Rank.R5> {
  const [a, height, width, b] = x.shape
  const byRow = sy === 1 ? x : swapFirst(x, [(a * height) / sy, sy, width * b])
  const byCell = sx === 1 ? byRow : swapFirst(byRow, [(a * height * width) / sx, sx, b])
  return tf.reshape(byCell, [sx * sy, a, height / sy, width / sx, b])
}

/** Undoes `splitPhases`. @param shape of the images, [a, height, width, b] */
function mergePhases(phases: tf.Tensor, [a, height, width, b]: Shape4D, [sy, sx]: Pair): tf.Tensor4D {
  const byRow = sx === 1 ? phases : swapFirst(phases, [sx, (a * height * width) / sx, b])
  const x = sy === 1 ? byRow : swapFirst(byRow, [sy, (a * height) / sy, width * b])
  return tf.reshape(x, [a, height, width, b])
}

function swapFirst(x: tf.Tensor, shape: [number, number, number]): tf.Tensor {
  return tf.transpose(tf.reshape(x, shape), [1, 0, 2])
}

/** Index of a cell's phase among what `splitPhases` returns. */
function phaseIndex(row: number, column: number, [sy, sx]: Pair): number {
  return (column % sx) * sy + (row % sy)
}

/**
 * Prepares images for reading what all output cells see at one cell of the kernel, as [a, outHeight, outWidth, b].
 * @param x [a, inHeight, inWidth, b]
 */
export function readTaps(x: tf.Tensor4D, info: ConvInfo): (row: number, column: number) => tf.Tensor4D {
  const [a, , , b] = x.shape
  const { outHeight, outWidth, strideHeight: sy, strideWidth: sx, padInfo } = info
  // up to the last window's end, in whole blocks; input beyond it is seen by no window
  const rows = outHeight + Math.ceil(info.filterHeight / sy) - 1
  const columns = outWidth + Math.ceil(info.filterWidth / sx) - 1
  const placed = place(x, [padInfo.top, padInfo.left], [rows * sy, columns * sx])
  const phases = tf.reshape<tf.Rank.R4>(splitPhases(placed, [sy, sx]), [sx * sy * a, rows, columns, b])
  return (row, column) => {
    const begin = [phaseIndex(row, column, [sy, sx]) * a, Math.floor(row / sy), Math.floor(column / sx), 0] as const
    const size: Shape4D = [a, outHeight, outWidth, b]
    const isWhole = size.every((length, axis) => length === phases.shape[axis])
    return isWhole ? phases : tf.slice(phases, [...begin], size)
  }
}

/** Moves images by `offset` cells down and right (up and left where negative) into a frame of zeros. */
function place(x: tf.Tensor4D, [top, left]: Pair, [rows, columns]: Pair): tf.Tensor4D {
  const [a, height, width, b] = x.shape
  const size: Shape4D = [a, seenCells(height, top, rows), seenCells(width, left, columns), b]
  const isWhole = size[1] === height && size[2] === width
  const seen = isWhole ? x : tf.slice(x, [0, Math.max(-top, 0), Math.max(-left, 0), 0], size)
  const [above, before] = [Math.max(top, 0), Math.max(left, 0)]
  const [below, after] = [rows - above - size[1], columns - before - size[2]]
  if (above + below + before + after === 0) return seen
  // with the columns' channels in one axis: three times faster
  const padded = tf.pad(tf.reshape(seen, [a, size[1], size[2] * b]), [
    [0, 0],
    [above, below],
    [before * b, after * b],
  ])
  return tf.reshape(padded, [a, rows, columns, b])
}

/** How many of `n` cells, moved by `offset`, lie within a frame. */
function seenCells(n: number, offset: number, frame: number): number {
  return Math.min(n, frame - offset) - Math.max(-offset, 0)
}

/** Convolution of stride 1 without padding. @param kernel [kh, kw, …], already flipped */
type Convolve = (x: tf.Tensor4D, kernel: tf.Tensor4D) => tf.Tensor4D

/**
 * Gradient of a convolution with respect to its input. Input cells of the same phase see the same cells of the kernel,
 * so each phase is a convolution of the output's gradient with its part of the flipped kernel: no product is with a
 * zero put in for the stride.
 * @param dy [batch, outHeight, outWidth, …]
 * @param kernel [kh, kw, …], not flipped
 * @returns [batch, inHeight, inWidth, inChannels]
 */
export function convolveBack(dy: tf.Tensor4D, kernel: tf.Tensor4D, info: ConvInfo, convolve: Convolve): tf.Tensor4D {
  const { inShape, inHeight, inWidth, inChannels, padInfo } = info
  const strides: Pair = [info.strideHeight, info.strideWidth]
  const [sy, sx] = strides
  // in blocks of the padded input: the first with a cell of the input, and how many up to the last
  const first: Pair = [Math.floor(padInfo.top / sy), Math.floor(padInfo.left / sx)]
  const nBlocks: Pair = [
    Math.ceil((padInfo.top + inHeight) / sy) - first[0],
    Math.ceil((padInfo.left + inWidth) / sx) - first[1],
  ]
  const phases: tf.Tensor4D[] = []
  for (let column = 0; column < sx; column++) {
    for (let row = 0; row < sy; row++) {
      const part = kernelPhase(kernel, [row, column], strides)
      phases.push(
        part
          ? convolve(placeForPart(dy, part, first, nBlocks), part)
          : tf.zeros([inShape[0], nBlocks[0], nBlocks[1], inChannels]),
      )
    }
  }
  const shape: Shape4D = [inShape[0], nBlocks[0] * sy, nBlocks[1] * sx, inChannels]
  const merged = mergePhases(tf.concat(phases, 0), shape, strides)
  return place(merged, [first[0] * sy - padInfo.top, first[1] * sx - padInfo.left], [inHeight, inWidth])
}

function placeForPart(dy: tf.Tensor4D, part: tf.Tensor4D, first: Pair, nBlocks: Pair): tf.Tensor4D {
  const [nRows, nColumns] = part.shape
  return place(dy, [nRows - 1 - first[0], nColumns - 1 - first[1]], [nBlocks[0] + nRows - 1, nBlocks[1] + nColumns - 1])
}

/** Every sy-th row and sx-th column of a kernel, flipped; null where there is none. */
function kernelPhase(kernel: tf.Tensor4D, [row, column]: Pair, [sy, sx]: Pair): tf.Tensor4D | null {
  const [kh, kw, a, b] = kernel.shape
  const [nRows, nColumns] = [Math.ceil((kh - row) / sy), Math.ceil((kw - column) / sx)]
  if (nRows <= 0 || nColumns <= 0) return null
  if (sy === 1 && sx === 1) return tf.reverse(kernel, [0, 1])
  const taps: tf.Tensor4D[] = []
  for (let i = nRows - 1; i >= 0; i--) {
    for (let j = nColumns - 1; j >= 0; j--) {
      taps.push(tf.slice(kernel, [row + i * sy, column + j * sx, 0, 0], [1, 1, a, b]))
    }
  }
  return tf.reshape(tf.concat(taps, 0), [nRows, nColumns, a, b])
}

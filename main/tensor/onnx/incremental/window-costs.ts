import { sizeOf, type GraphNode } from '../../graph.ts'
import type { PatchGrid } from '../../runtime.ts'
import { sumOf, type Area } from './span.ts'

/**
 * Times of operations on ONNX Runtime's CPU kernels, measured on VGG16, ResNet50 and MobileNet and given as multiply-adds
 * of a convolution: they tell where windows win, no more.
 */

/** Copying a value. */
export const copied = 150
/**
 * What is done to each value of a result beside computing it: in windows, activations and maxima have clean values cut
 * out and added; in full, activations are fused into the operation before them.
 */
const perValue = { windows: { linear: 150, combined: 300, activation: 450 }, full: 50 } as const
/** A multiply-add of a depthwise convolution. */
const depthwise = 8

/** Of all patches of a grid. */
export function costInWindows(node: GraphNode, made: Area): number {
  const cells = sumOf(made.rows.sizes) * sumOf(made.cols.sizes)
  const [height, width, channels] = node.shape as [number, number, number]
  return cells * (macs(node) / (height * width) + passes(node) * channels)
}

/** Of all patches of a grid. */
export function costInFull(node: GraphNode, { rows, cols }: PatchGrid): number {
  const isFree = node.op === 'input' || node.op === 'identity' || node.op === 'relu'
  return rows * cols * (macs(node) + (isFree ? 0 : perValue.full * sizeOf(node.shape)))
}

function passes({ op }: GraphNode): number {
  const { linear, combined, activation } = perValue.windows
  if (op === 'input' || op === 'zero-pad') return 0
  if (op === 'conv2d' || op === 'depthwise-conv2d' || op === 'scale') return linear
  return op === 'max-pool' || op === 'average-pool' || op === 'add' || op === 'concatenate' ? combined : activation
}

function macs(node: GraphNode): number {
  if (node.op === 'dense') return sizeOf(node.kernel.shape)
  if (node.op !== 'conv2d' && node.op !== 'depthwise-conv2d') return 0
  return (node.op === 'conv2d' ? 1 : depthwise) * node.shape[0]! * node.shape[1]! * sizeOf(node.kernel.shape)
}

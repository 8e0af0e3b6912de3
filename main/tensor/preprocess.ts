import type { Preprocessing } from '#common/contract/procedures/models.ts'

/** Value of a byte in each input channel, and which channel of the photo it is taken from. */
interface ChannelRule {
  readonly from: 0 | 1 | 2
  readonly value: (byte: number) => number
}

const f = Math.fround
const plain = (value: (byte: number) => number): readonly ChannelRule[] =>
  ([0, 1, 2] as const).map((from) => ({ from, value }))

const imagenetMeanBgr = [103.939, 116.779, 123.68] as const
const torchMean = [0.485, 0.456, 0.406] as const
const torchStd = [0.229, 0.224, 0.225] as const

/**
 * What Keras's `preprocess_input` does in its modes, and the two simple scalings.
 * `caffe`: BGR minus the ImageNet mean; `tf`: x/127.5 − 1; `torch`: (x/255 − mean)/std; `unit`: x/255; `none`: x.
 * Every step is rounded to float32, as Keras computes it.
 * @see https://github.com/keras-team/keras/blob/v2.15.0/keras/applications/imagenet_utils.py
 */
const rules: Readonly<Record<Preprocessing, readonly ChannelRule[]>> = {
  caffe: ([2, 1, 0] as const).map((from, c) => ({ from, value: (x) => x - f(imagenetMeanBgr[c]!) })),
  tf: plain((x) => f(x / 127.5) - 1),
  torch: ([0, 1, 2] as const).map((from) => ({
    from,
    value: (x) => f(f(x / 255) - f(torchMean[from])) / f(torchStd[from]),
  })),
  unit: plain((x) => x / 255),
  none: plain((x) => x),
}

const tables = new Map<Preprocessing, readonly (readonly [from: number, values: Float32Array])[]>()

/** Which channel each input channel is taken from, and the values of its bytes. */
function tablesOf(kind: Preprocessing): readonly (readonly [from: number, values: Float32Array])[] {
  let found = tables.get(kind)
  if (!found) {
    found = rules[kind].map(({ from, value }) => [from, Float32Array.from({ length: 256 }, (_, byte) => value(byte))])
    tables.set(kind, found)
  }
  return found
}

/**
 * A photo as the network's input.
 * @param rgb [height, width, 3] bytes
 * @param target where it goes, as long as `rgb`; default: an array of its own
 * @returns the target, [height, width, 3] float32
 */
export function preprocess(
  rgb: Uint8Array,
  kind: Preprocessing,
  target: Float32Array = new Float32Array(rgb.length),
): Float32Array {
  const [[from0, table0], [from1, table1], [from2, table2]] = tablesOf(kind) as [
    [number, Float32Array],
    [number, Float32Array],
    [number, Float32Array],
  ]
  for (let at = 0; at < rgb.length; at += 3) {
    target[at] = table0[rgb[at + from0]!]!
    target[at + 1] = table1[rgb[at + from1]!]!
    target[at + 2] = table2[rgb[at + from2]!]!
  }
  return target
}

import { floatTensor, integerTensor, writeOnnx, type FileModel } from './onnx-file.ts'

/** What a small detector finds in every photo. */
export interface SmallObject {
  readonly label: number
  readonly score: number
  /** x1 y1 x2 y2, pixels of the input */
  readonly box: readonly [number, number, number, number]
  /** the value of its whole mask, default 1; of no matter where masks are what is bright */
  readonly mask?: number
}

export interface SmallDetectorOptions {
  /** default: one cat (of COCO's 91) of score .9 in [4, 6, 20, 18] */
  readonly objects?: readonly SmallObject[]
  /** `cells` (default): 28×28 of one value, to be pasted; `bright`: the red of the input, at its size */
  readonly masks?: 'cells' | 'bright'
  /** background counted, default 91; null: the file does not tell */
  readonly nClasses?: number | null
  /** whether it holds ImageNet's mean, as torchvision's do; default true */
  readonly isNormalising?: boolean
}

/** Of a mask that is pasted. */
const cellSide = 28

const oneCat: readonly SmallObject[] = [{ label: 17, score: 0.9, box: [4, 6, 20, 18] }]

/** An ONNX file with the ends of Mask R-CNN, that finds the same objects whatever the photo is. */
export function detectorModel(options: SmallDetectorOptions = {}): FileModel {
  const { objects = oneCat, masks = 'cells', nClasses = 91, isNormalising = true } = options
  const n = objects.length
  const cells = objects.flatMap(({ mask = 1 }) => Array<number>(cellSide ** 2).fill(mask))
  const ofCells = [{ type: 'Add', inputs: ['masks0', 'nothing'], outputs: ['masks'] }]
  const ofBright = [
    { type: 'Gather', inputs: ['image', 'red'], outputs: ['plane'], attributes: { axis: 0 } },
    { type: 'Unsqueeze', inputs: ['plane', 'axes'], outputs: ['mask'] },
    { type: 'Expand', inputs: ['mask', 'each'], outputs: ['masks'] },
  ]
  return {
    inputs: [{ name: 'image', shape: [3, 'height', 'width'] }],
    nodes: [
      { type: 'ReduceMean', inputs: ['image'], outputs: ['mean'], attributes: { keepdims: 0 } },
      { type: 'Mul', inputs: ['mean', 'zero'], outputs: ['nothing'] },
      { type: 'Add', inputs: ['boxes0', 'nothing'], outputs: ['boxes'] },
      { type: 'Identity', inputs: ['labels0'], outputs: ['labels'] },
      { type: 'Add', inputs: ['scores0', 'nothing'], outputs: ['scores'] },
      ...(masks === 'bright' ? ofBright : ofCells),
    ],
    tensors: {
      zero: floatTensor([], [0]),
      boxes0: floatTensor(
        [n, 4],
        objects.flatMap(({ box }) => box),
      ),
      labels0: integerTensor(objects.map(({ label }) => label)),
      scores0: floatTensor(
        [n],
        objects.map(({ score }) => score),
      ),
      ...(masks === 'bright'
        ? { red: integerTensor(0), axes: integerTensor([0, 1]), each: integerTensor([n, 1, 1, 1]) }
        : { masks0: floatTensor([n, 1, cellSide, cellSide], cells) }),
      ...(isNormalising ? { imagenet: floatTensor([3], [0.485, 0.456, 0.406]) } : {}),
      ...(nClasses === null
        ? {}
        : {
            'class/bias': floatTensor([nClasses], new Float32Array(nClasses)),
            'box/bias': floatTensor([4 * nClasses], new Float32Array(4 * nClasses)),
          }),
    },
    outputs: [
      { name: 'boxes', shape: ['n', 4] },
      { name: 'labels', shape: ['n'], type: 7 },
      { name: 'scores', shape: ['n'] },
      { name: 'masks', shape: ['n', 1, 'mask height', 'mask width'] },
    ],
  }
}

/** Writes `model.onnx`, over one that is there. @returns its path */
export function writeSmallDetector(folder: string, options: SmallDetectorOptions = {}): string {
  return writeOnnx(detectorModel(options), folder)
}

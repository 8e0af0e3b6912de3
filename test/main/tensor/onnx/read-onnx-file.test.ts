import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { importGraph } from '#main/tensor/onnx/import/import-graph.ts'
import { networkEnds } from '#main/tensor/onnx/import/network-ends.ts'
import { NoPlace } from '#main/tensor/onnx/import/values.ts'
import { constantsOf } from '#main/tensor/graph.ts'
import type { ProtobufWriter } from '#main/tensor/onnx/protobuf.ts'
import { openOnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import {
  floatTensor,
  inFile,
  integerTensor,
  onnxBytes,
  writeOnnx,
  type FileModel,
  type FileTensor,
} from '../../../builders/onnx-file.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'

const x = { name: 'x', shape: ['n', 3, 4, 5] }

/** A network that uses a tensor `w`. */
function modelWith(w: FileTensor, more: Partial<FileModel> = {}): FileModel {
  return { nodes: [{ type: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }], tensors: { w }, inputs: [x], ...more }
}

async function readTensor(w: FileTensor, folder = temporaryFolder()): Promise<number[]> {
  const file = await openOnnxFile(writeOnnx(modelWith(w), folder))
  try {
    return Array.from(file.read(file.model.initializers[0]!))
  } finally {
    file.close()
  }
}

const bytesOf = (values: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(values.buffer)
const varints = (field: number, values: readonly number[]) => (tensor: ProtobufWriter) => {
  for (const value of values) tensor.integer(field, value)
}

describe('values of a tensor', () => {
  it.each<[string, FileTensor, number[]]>([
    ['float32', floatTensor([2], [0.5, -3]), [0.5, -3]],
    ['float64', { shape: [2], type: 11, raw: bytesOf(Float64Array.of(0.1, -3)) }, [Math.fround(0.1), -3]],
    [
      'float16',
      { shape: [5], type: 10, raw: bytesOf(Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x8000, 0x7bff)) },
      [1, -2.5, 2 ** -24, -0, 65504],
    ],
    ['bfloat16', { shape: [2], type: 16, raw: bytesOf(Uint16Array.of(0x3f80, 0xc020)) }, [1, -2.5]],
    ['int64', integerTensor([-1, 2 ** 40]), [-1, 2 ** 40]],
    ['int32', { shape: [2], type: 6, raw: bytesOf(Int32Array.of(-5, 7)) }, [-5, 7]],
    ['int8', { shape: [2], type: 3, raw: bytesOf(Int8Array.of(-5, 7)) }, [-5, 7]],
    ['bool', { shape: [2], type: 9, raw: Uint8Array.of(0, 1) }, [0, 1]],
    ['floats in a row', { shape: [2], write: (t) => t.bytes(4, bytesOf(Float32Array.of(1.5, 2))) }, [1.5, 2]],
    ['floats one by one', { shape: [2], write: (t) => t.float(4, 1.5).float(4, 2) }, [1.5, 2]],
    [
      'doubles in a row',
      { shape: [2], type: 11, write: (t) => t.bytes(10, bytesOf(Float64Array.of(1.5, 2))) },
      [1.5, 2],
    ],
    ['int64 one by one', { shape: [2], type: 7, write: varints(7, [-1, 3]) }, [-1, 3]],
    ['int64 in a row', { shape: [3], type: 7, write: (t) => t.bytes(7, Uint8Array.of(1, 0x96, 1, 2)) }, [1, 150, 2]],
    ['float16 as whole numbers', { shape: [2], type: 10, write: varints(5, [0x3c00, 0xc100]) }, [1, -2.5]],
    ['bfloat16 as whole numbers', { shape: [1], type: 16, write: varints(5, [0x3f80]) }, [1]],
    ['uint64', { shape: [1], type: 13, write: varints(11, [9]) }, [9]],
    ['a single number', floatTensor([], [4]), [4]],
    ['none', floatTensor([0], []), []],
  ])('are read as %s', async (_, tensor, expected) => {
    expect(await readTensor(tensor)).toEqual(expected)
  })

  it('are read from a file beside the model, which counts for its hash', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'data'))
    const weights = join(folder, 'data', 'w.bin')
    writeFileSync(weights, bytesOf(Float32Array.of(9, 1, 2)))
    const tensor = { shape: [2], write: inFile({ location: 'data/w.bin', offset: '4', length: '8' }) }
    expect(await readTensor(tensor, folder)).toEqual([1, 2])
    expect(await readTensor({ shape: [3], write: inFile({ location: './data/w.bin' }) }, folder)).toEqual([9, 1, 2])

    const path = writeOnnx(modelWith(tensor), folder)
    const hash = async (): Promise<string> => {
      const file = await openOnnxFile(path)
      file.close()
      return file.sha256
    }
    const before = await hash()
    expect(await hash()).toBe(before)
    writeFileSync(weights, bytesOf(Float32Array.of(8, 1, 2)))
    expect(await hash()).not.toBe(before)
  })

  it.each([
    ['an absolute path', { location: '/etc/hostname' }, 'path.outside'],
    ['a drive', { location: 'c:\\w.bin' }, 'path.outside'],
    ['a folder above', { location: '../w.bin' }, 'path.outside'],
    ['a folder above, the other way', { location: 'data\\..\\..\\w.bin' }, 'path.outside'],
    ['a link out of the folder', { location: 'link.bin' }, 'path.outside'],
    ['a linked folder out of the folder', { location: 'linked/w.bin' }, 'path.outside'],
    ['no name', {}, 'path.outside'],
    ['a folder', { location: 'folder' }, 'file.unreadable'],
    ['a file that is missing', { location: 'missing.bin' }, 'model.shard-missing'],
    ['an offset beyond its end', { location: 'w.bin', offset: '4' }, 'model.shard-size'],
    ['an offset that is no number', { location: 'w.bin', offset: '-4' }, 'model.format'],
    ['a length of its own', { location: 'w.bin', length: '1000000000000' }, 'model.format'],
  ] as const)('are not read from %s', async (_, entries, code) => {
    const outside = temporaryFolder()
    writeFileSync(join(outside, 'w.bin'), new Uint8Array(64))
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'w.bin'), new Uint8Array(8))
    mkdirSync(join(folder, 'folder'))
    symlinkSync(join(outside, 'w.bin'), join(folder, 'link.bin'))
    symlinkSync(outside, join(folder, 'linked'))
    await expect(readTensor({ shape: [2], write: inFile(entries) }, folder)).rejects.toMatchObject({ code })
  })

  it('are not waited for where a pipe is named instead of a file', async () => {
    const folder = temporaryFolder()
    execFileSync('mkfifo', [join(folder, 'pipe.bin')])
    await expect(readTensor({ shape: [2], write: inFile({ location: 'pipe.bin' }) }, folder)).rejects.toMatchObject({
      code: 'file.unreadable',
    })
  })

  it.each<[string, FileTensor]>([
    ['a million million values in a header', { shape: [1e6, 1e6], raw: new Uint8Array(8) }],
    ['more values than bytes', { shape: [3], raw: new Uint8Array(8) }],
    ['fewer values than bytes', { shape: [1], raw: new Uint8Array(8) }],
    ['a negative length', { shape: [-2], raw: new Uint8Array(8) }],
    ['lengths whose product overflows', { shape: [2 ** 40, 2 ** 40, 0], raw: new Uint8Array(0) }],
    ['a hundred axes', { shape: new Array<number>(100).fill(1), raw: new Uint8Array(4) }],
    ['no values at all', { shape: [2] }],
    ['a value that is missing', { shape: [3], type: 7, write: varints(7, [1, 2, 3 * 128]) }],
  ])('that claims %s is refused, or is empty', async (name, tensor) => {
    if (name.startsWith('lengths') || name.startsWith('a value')) {
      expect((await readTensor(tensor)).length).toBe(tensor.shape.reduce((a, b) => a * b))
      return
    }
    await expect(readTensor(tensor)).rejects.toMatchObject({ code: 'model.format' })
  })

  it('of a type that nothing reads are refused when they are asked for', async () => {
    await expect(readTensor({ shape: [1], type: 8, write: (t) => t.text(6, 'text') })).rejects.toMatchObject({
      code: 'model.format',
    })
  })

  it('that are typed and too many or too few are refused', async () => {
    for (const values of [
      [300, 300],
      [1, 2, 3, 4],
    ]) {
      await expect(readTensor({ shape: [3], type: 7, write: varints(7, values) })).rejects.toMatchObject({
        code: 'model.format',
      })
    }
  })
})

describe('a network that is broken', () => {
  const node = (inputs: string[], outputs: string[]) => ({ type: 'Add', inputs, outputs })
  const two = floatTensor([], [2])

  async function importModel(model: FileModel): Promise<void> {
    const file = await openOnnxFile(writeOnnx(model))
    try {
      importGraph(file, networkEnds(file.model), [4, 5])
    } finally {
      file.close()
    }
  }

  it.each<[string, FileModel, RegExp]>([
    [
      'a cycle',
      { nodes: [node(['x', 'b'], ['a']), node(['a', 'x'], ['b']), node(['b', 'x'], ['y'])], inputs: [x] },
      /“[ab]” depends on itself/,
    ],
    ['a node that reads itself', { nodes: [node(['x', 'y'], ['y'])], inputs: [x] }, /“y” depends on itself/],
    ['a missing initialiser', { nodes: [node(['x', 'w'], ['y'])], inputs: [x] }, /reads “w”, which nothing gives/],
    ['a missing output', { nodes: [node(['x', 'x'], ['z'])], inputs: [x] }, /the output is “y”, which nothing gives/],
    [
      'a value that two nodes give',
      { nodes: [node(['x', 'x'], ['y']), node(['x', 'x'], ['y'])], inputs: [x] },
      /“y” is given twice/,
    ],
    [
      'a node that gives the input',
      { nodes: [node(['x', 'x'], ['x']), node(['x', 'x'], ['y'])], inputs: [x] },
      /“x” is given twice/,
    ],
    ['two tensors of one name', { ...modelWith(two), moreTensors: [{ name: 'w', ...two }] }, /“w” is given twice/],
    [
      'an output that no photo changes',
      { nodes: [{ type: 'Identity', inputs: ['w'], outputs: ['y'] }], tensors: { w: two }, inputs: [x] },
      /does not depend on the photo/,
    ],
    [
      'a feature map as its output',
      { nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }], inputs: [x] },
      /gives values of shape \[3, 4, 5\]/,
    ],
    [
      'a window larger than the photo',
      {
        nodes: [{ type: 'MaxPool', inputs: ['x'], outputs: ['y'], attributes: { kernel_shape: [9, 9] } }],
        inputs: [x],
      },
      /cannot take inputs of shape \[3, 4, 5\]/,
    ],
    [
      'padding by gigabytes',
      {
        nodes: [{ type: 'Pad', inputs: ['x', 'p'], outputs: ['y'] }],
        tensors: { p: integerTensor([0, 0, 1e6, 1e6, 0, 0, 0, 0]) },
        inputs: [x],
      },
      /its output would be/,
    ],
    ['weights that are no numbers', modelWith(floatTensor([], [NaN])), /NaN or infinity/],
    ['two inputs', { nodes: [node(['x', 'z'], ['y'])], inputs: [x, { ...x, name: 'z' }] }, /2 inputs \(x, z\)/],
    ['no input', { nodes: [node(['w', 'w'], ['y'])], tensors: { w: two }, inputs: [] }, /0 inputs/],
    [
      'grey photos',
      { nodes: [node(['x', 'x'], ['y'])], inputs: [{ name: 'x', shape: [1, 1, 28, 28] }] },
      /\[1, 1, 28, 28\], not colour images/,
    ],
    ['bytes as input', { nodes: [node(['x', 'x'], ['y'])], inputs: [{ ...x, type: 2 }] }, /another type than float32/],
    [
      'outputs without a telling name',
      { nodes: [node(['x', 'x'], ['y'])], inputs: [x], outputs: ['a', 'b'].map((name) => ({ name, shape: [] })) },
      /2 outputs \(a, b\)/,
    ],
    [
      'an output without a name',
      { nodes: [node(['x', 'x'], ['y'])], inputs: [x], outputs: [{ name: '', shape: [] }] },
      /has no name/,
    ],
  ])('with %s is refused in a line', async (_, model, says) => {
    const error = await importModel(model).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).message).toMatch(says)
    expect((error as AppError).code).toMatch(/^model\./)
    expect((error as AppError).message).not.toContain('\n')
  })

  it('may have initialisers among its inputs, as old files do', async () => {
    const model = modelWith(two, {
      nodes: [
        { type: 'Mul', inputs: ['x', 'w'], outputs: ['a'] },
        { type: 'GlobalAveragePool', inputs: ['a'], outputs: ['y'] },
      ],
    })
    await expect(importModel({ ...model, inputs: [x, { name: 'w', shape: [1] }] })).resolves.toBeUndefined()
  })

  it('of a hundred thousand nodes in a row takes no stack', async () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => ({
      type: 'Relu',
      inputs: [i === 0 ? 'x' : `v${i - 1}`],
      outputs: [`v${i}`],
    }))
    await expect(importModel({ nodes, inputs: [x], outputs: [{ name: 'v99999', shape: [] }] })).rejects.toMatchObject({
      code: 'model.format',
    })
  })

  it('that computes long constants again and again is refused', async () => {
    const long = integerTensor(new Array<number>(100_000).fill(1))
    const nodes = Array.from({ length: 1000 }, (_, i) => node(['w', i === 0 ? 'w' : `c${i - 1}`], [`c${i}`]))
    const model = modelWith(long, { nodes: [...nodes, node(['x', 'c999'], ['y'])] })
    await expect(importModel(model)).rejects.toThrow(NoPlace)
  })

  it('that transposes weights again and again is refused', async () => {
    const nodes = Array.from({ length: 1000 }, (_, i) => ({
      type: 'Transpose',
      inputs: [i === 0 ? 'w' : `c${i - 1}`],
      outputs: [`c${i}`],
    }))
    const model = modelWith(floatTensor([1, 3], [1, 2, 3]), { nodes: [...nodes, node(['x', 'c999'], ['y'])] })
    await expect(importModel(model)).rejects.toThrow(NoPlace)
  })
})

describe('a file that is no ONNX model', () => {
  it.each([
    ['is missing', 'missing.onnx', 'file.missing'],
    ['is a folder', '.', 'file.unreadable'],
  ])('or %s is refused', async (_, name, code) => {
    await expect(openOnnxFile(join(temporaryFolder(), name))).rejects.toMatchObject({ code })
  })

  const small = onnxBytes({
    nodes: [
      {
        type: 'Conv',
        inputs: ['x', 'w', 'b'],
        outputs: ['c'],
        name: 'conv',
        attributes: { pads: [1, 1, 1, 1], alpha: { float: 1 } },
      },
      { type: 'Relu', inputs: ['c'], outputs: ['r'] },
      { type: 'GlobalAveragePool', inputs: ['r'], outputs: ['p'] },
      { type: 'Reshape', inputs: ['p', 's'], outputs: ['y'] },
    ],
    tensors: {
      w: floatTensor([4, 3, 3, 3], new Float32Array(108).fill(0.1)),
      b: { shape: [4], write: (t) => t.bytes(4, bytesOf(new Float32Array(4))) },
      s: integerTensor([-1, 4]),
    },
    inputs: [x],
    metadata: { labels: '["a"]' },
  })

  /** Everything that is done with a file before it runs. */
  async function useBytes(bytes: Uint8Array): Promise<unknown> {
    const path = join(temporaryFolder(), 'model.onnx')
    writeFileSync(path, bytes)
    try {
      const file = await openOnnxFile(path)
      try {
        const { graph } = importGraph(file, networkEnds(file.model), [4, 5])
        for (const node of graph.nodes) for (const constant of constantsOf(node)) expect(constant.data).toBeDefined()
        return null
      } finally {
        file.close()
      }
    } catch (error) {
      return error
    }
  }

  const isExpected = (error: unknown): boolean =>
    error === null || error instanceof AppError || error instanceof NoPlace

  it('is whole to begin with', async () => {
    expect(await useBytes(small)).toBeNull()
  })

  it('gives an AppError wherever it is cut off', async () => {
    for (let length = 0; length < small.length; length++) {
      const error = await useBytes(small.subarray(0, length))
      expect(error, `cut at ${length}`).toBeInstanceOf(AppError)
    }
  })

  it('gives an AppError, or still works, with flipped bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: small.length - 1 }), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (flips) => {
          const bytes = small.slice()
          for (const [at, bits] of flips) bytes[at]! ^= bits
          expect(await useBytes(bytes)).toSatisfy(isExpected)
        },
      ),
      { numRuns: 600 },
    )
  })

  it('gives an AppError for random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await useBytes(bytes)).toBeInstanceOf(AppError)
      }),
      { numRuns: 200 },
    )
  })

  it('is told from another kind of file', async () => {
    expect(await useBytes(readFileSync(import.meta.filename))).toMatchObject({ code: 'model.format' })
  })
})

import { AppError } from '#common/contract/errors.ts'
import { sizeOf } from '../../graph.ts'
import type { OnnxModel } from '../read-model.ts'
import { closeSession, openFileSession, type Session } from '../onnx-session.ts'
import type { NetworkEnds } from './network-ends.ts'

type Side = readonly [height: number, width: number]

/** An ONNX file that runs as it is. */
export interface FileRun {
  /**
   * @param input [n, height, width, 3] float32
   * @returns [n, …shape of the output] float32
   */
  run(input: Float32Array, n: number, side: Side): Promise<Float32Array>
  /**
   * The output, and a feature map inside the network, in one pass.
   * @param name one of the `further` that it was opened with
   * @returns map: [n, height, width, channels] float32, from [n, channels, height, width]
   */
  runWithMap(
    name: string,
    input: Float32Array,
    n: number,
    side: Side,
  ): Promise<{ readonly output: Float32Array; readonly map: Float32Array }>
  /** Shapes of all `further` for photos of a size, by name, without the batch. */
  shapes(side: Side): Promise<ReadonlyMap<string, readonly number[]>>
  close(): Promise<void>
}

/**
 * Opens an ONNX file in ONNX Runtime.
 * @param further names of values inside of it that are wanted, too
 * @throws AppError 'model.format' in one line where it cannot load it; 'runtime.unavailable'
 */
export async function openFileRun(
  path: string,
  model: OnnxModel,
  { input: entry, output }: NetworkEnds,
  further: readonly string[] = [],
): Promise<FileRun> {
  let session: Session
  try {
    const given = new Set(model.outputs.map(({ name }) => name))
    session = await openFileSession(
      path,
      further.filter((name) => !given.has(name)),
    )
  } catch (cause) {
    throw cause instanceof AppError ? cause : cannotLoad(path, model, cause)
  }
  return {
    run: async (photos, n, side) => {
      const [found] = await runInTurns(session, { entry, names: [output] }, { photos, n, side })
      return found!.values
    },
    runWithMap: async (name, photos, n, side) => {
      const [scores, map] = await runInTurns(session, { entry, names: [output, name] }, { photos, n, side })
      return { output: scores!.values, map: channelsLast(map!.values, map!.shape) }
    },
    shapes: async (side) => {
      const photos = new Float32Array((entry.batch ?? 1) * side[0] * side[1] * 3)
      const results = await runBatch(session, { entry, names: further }, { photos, side })
      return new Map(further.map((name) => [name, results[name]!.dims.slice(1)]))
    },
    close: () => closeSession(session),
  }
}

/** Values of one name, and their shape without the batch. */
interface Found {
  readonly values: Float32Array
  readonly shape: readonly number[]
}

/**
 * One batch after the other where the file is made for photos of a number; the last ones are taken again to fill it.
 * @returns one for each of the names
 */
async function runInTurns(
  session: Session,
  { entry, names }: { entry: NetworkEnds['input']; names: readonly string[] },
  { photos, n, side }: { photos: Float32Array; n: number; side: Side },
): Promise<Found[]> {
  const batch = entry.batch ?? n
  const size = side[0] * side[1] * 3
  const turns: Found[][] = []
  for (let start = 0; start < n; start += batch) {
    const values = new Float32Array(batch * size)
    for (let i = 0; i < batch; i++) {
      const photo = Math.min(start + i, n - 1)
      values.set(photos.subarray(photo * size, (photo + 1) * size), i * size)
    }
    const results = await runBatch(session, { entry, names }, { photos: values, side })
    turns.push(names.map((name) => firstOf(results[name]!, { batch, n: Math.min(batch, n - start) })))
  }
  return names.map((_, i) => ({
    values: joined(turns.map((turn) => turn[i]!.values)),
    shape: turns[0]?.[i]!.shape ?? [],
  }))
}

/** What the first `n` photos of a batch gave. */
function firstOf(
  { type, data, dims }: { readonly type: string; readonly data: unknown; readonly dims: readonly number[] },
  { batch, n }: { readonly batch: number; readonly n: number },
): Found {
  const floats = floatsOf(type, data)
  if (dims[0] !== batch) {
    throw new AppError('model.format', `its output is [${dims.join(', ')}] for ${batch} photos`, {
      hint: 'Export the model with the photos along the first axis of its output.',
    })
  }
  return { values: floats.subarray(0, n * (floats.length / batch)), shape: dims.slice(1) }
}

async function runBatch(
  { onnx, session }: Session,
  { entry, names }: { entry: NetworkEnds['input']; names: readonly string[] },
  { photos, side: [height, width] }: { photos: Float32Array; side: Side },
) {
  const n = photos.length / (height * width * 3)
  const input = entry.isChannelsFirst
    ? new onnx.Tensor('float32', channelsFirst(photos, n), [n, 3, height, width])
    : new onnx.Tensor('float32', photos, [n, height, width, 3])
  try {
    return await session.run({ [entry.name]: input }, [...names])
  } catch (cause) {
    throw new AppError('model.format', `ONNX Runtime cannot run it on photos of ${width}×${height}: ${said(cause)}`, {
      hint: 'Export the model once more, for photos of this size or of any.',
      cause,
    })
  }
}

/** [n, height, width, 3] → [n, 3, height, width] */
function channelsFirst(photos: Float32Array, n: number): Float32Array {
  const nCells = photos.length / n / 3
  const result = new Float32Array(photos.length)
  for (let photo = 0; photo < n; photo++) {
    const first = photo * nCells * 3
    for (let cell = 0; cell < nCells; cell++) {
      for (let c = 0; c < 3; c++) result[first + c * nCells + cell] = photos[first + cell * 3 + c]!
    }
  }
  return result
}

/** [n, channels, height, width] → [n, height, width, channels] @param shape without the batch */
function channelsLast(maps: Float32Array, shape: readonly number[]): Float32Array {
  const [nChannels = 1, ...sides] = shape
  const nCells = sizeOf(sides)
  const result = new Float32Array(maps.length)
  for (let first = 0; first < maps.length; first += nCells * nChannels) {
    for (let c = 0; c < nChannels; c++) {
      for (let cell = 0; cell < nCells; cell++) {
        result[first + cell * nChannels + c] = maps[first + c * nCells + cell]!
      }
    }
  }
  return result
}

function floatsOf(type: string, data: unknown): Float32Array {
  if (data instanceof Float32Array) return data
  if (data instanceof Float64Array) return Float32Array.from(data)
  throw new AppError('model.format', `its output is of the type ${type}, not of floating point numbers`, {
    hint: 'Export it with an output of float32.',
  })
}

function joined(rows: readonly Float32Array[]): Float32Array {
  if (rows.length === 1) return rows[0]!
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0))
  let offset = 0
  for (const row of rows) {
    all.set(row, offset)
    offset += row.length
  }
  return all
}

/** One line of what ONNX Runtime says, with the versions of the operators that the file asks for. */
function cannotLoad(path: string, model: OnnxModel, cause: unknown): AppError {
  const domains = [...model.opsets].map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`).join(', ')
  return new AppError(
    'model.format',
    `ONNX Runtime cannot load it (operators of ${domains}): ${said(cause).replaceAll(path, 'the file')}`,
    {
      hint: 'Export the model with operators of an older opset and of ONNX’s own domain.',
      cause,
    },
  )
}

/** In one line that is not too long. */
function said(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return text.replace(/\s+/g, ' ').slice(0, 400)
}

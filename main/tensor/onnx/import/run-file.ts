import { AppError } from '#common/contract/errors.ts'
import type { OnnxModel } from '../read-model.ts'
import { closeSession, openFileSession, type Session } from '../onnx-session.ts'
import type { NetworkEnds } from './network-ends.ts'

/** An ONNX file that runs as it is. */
export interface FileRun {
  /**
   * @param input [n, height, width, 3] float32
   * @returns [n, …shape of the output] float32
   */
  run(input: Float32Array, n: number, side: readonly [height: number, width: number]): Promise<Float32Array>
  close(): Promise<void>
}

/**
 * Opens an ONNX file in ONNX Runtime.
 * @throws AppError 'model.format' in one line where it cannot load it; 'runtime.unavailable'
 */
export async function openFileRun(path: string, model: OnnxModel, ends: NetworkEnds): Promise<FileRun> {
  let session: Session
  try {
    session = await openFileSession(path)
  } catch (cause) {
    throw cause instanceof AppError ? cause : cannotLoad(path, model, cause)
  }
  return {
    run: (input, n, side) => runSession(session, ends, { input, n, side }),
    close: () => closeSession(session),
  }
}

async function runSession(
  { onnx, session }: Session,
  { input: own, output }: NetworkEnds,
  { input, n, side: [height, width] }: { input: Float32Array; n: number; side: readonly [number, number] },
): Promise<Float32Array> {
  const batch = own.batch ?? n
  const size = height * width * 3
  const rows: Float32Array[] = []
  for (let start = 0; start < n; start += batch) {
    // a file for a number of photos gets that number, the last ones again
    const values = new Float32Array(batch * size)
    for (let i = 0; i < batch; i++) {
      const photo = Math.min(start + i, n - 1)
      const image = input.subarray(photo * size, (photo + 1) * size)
      values.set(own.isChannelsFirst ? channelsFirst(image) : image, i * size)
    }
    const shape = own.isChannelsFirst ? [batch, 3, height, width] : [batch, height, width, 3]
    const results = await session.run({ [own.name]: new onnx.Tensor('float32', values, shape) }, [output])
    const found = results[output]!
    const floats = floatsOf(found.type, found.data)
    const perPhoto = floats.length / batch
    if (found.dims[0] !== batch) {
      throw new AppError('model.format', `its output is [${found.dims.join(', ')}] for ${batch} photos`, {
        hint: 'Export the model with the photos along the first axis of its output.',
      })
    }
    rows.push(floats.subarray(0, Math.min(batch, n - start) * perPhoto))
  }
  return joined(rows)
}

/** [height, width, 3] → [3, height, width] */
function channelsFirst(image: Float32Array): Float32Array {
  const nCells = image.length / 3
  const result = new Float32Array(image.length)
  for (let cell = 0; cell < nCells; cell++) {
    for (let c = 0; c < 3; c++) result[c * nCells + cell] = image[cell * 3 + c]!
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
  const said = (cause instanceof Error ? cause.message : String(cause))
    .replaceAll(path, 'the file')
    .replace(/\s+/g, ' ')
  const domains = [...model.opsets].map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`).join(', ')
  return new AppError('model.format', `ONNX Runtime cannot load it (operators of ${domains}): ${said.slice(0, 400)}`, {
    hint: 'Export the model with operators of an older opset and of ONNX’s own domain.',
    cause,
  })
}

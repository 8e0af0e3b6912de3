import './no-telemetry.ts' // first: before the library is loaded
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type * as OnnxRuntimeNode from 'onnxruntime-node'
import { AppError } from '#common/contract/errors.ts'
import { valueBytesOf, weightBytesOf, type Graph } from '../graph.ts'
import type { WeightStore } from './model-builder.ts'
import { ProtobufWriter } from './protobuf.ts'
import { WeightFiles, type NetworkWeights } from './weight-files.ts'

type Library = typeof OnnxRuntimeNode

let library: Promise<Library> | undefined

/** Not a static import: where the native library does not load, the other runtimes still have to. */
export function startOnnx(): Promise<Library> {
  return (library ??= import('onnxruntime-node').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('runtime.unavailable', `its library cannot be loaded: ${reason.split('\n')[0] ?? ''}`, { cause })
  }))
}

/** An ONNX Runtime session, and the files that it is mapped from. */
export interface Session {
  readonly onnx: Library
  readonly session: OnnxRuntimeNode.InferenceSession
  readonly weights: NetworkWeights | null
}

export async function closeSession({ session, weights }: Session): Promise<void> {
  await session.release()
  weights?.release()
}

/** Threads that wait for work give their core away: photos are decoded beside them, and other programs run here, too. */
const waiting = { intra_op: { allow_spinning: '0' } } as const

const sessionOptions: OnnxRuntimeNode.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  logSeverityLevel: 3,
  // onnxruntime 1.30 moves zero padding into MaxPool, whose own padding is −∞: wrong for negative values
  extra: { optimization: { disable_specified_optimizers: 'Pad_Fusion' }, session: waiting },
}

/** A repacked copy of the mapped weights would take as much memory again, 1.5 GB more with Grad-CAM, for 5 % of the time. */
const mappedOptions: OnnxRuntimeNode.InferenceSession.SessionOptions = {
  ...sessionOptions,
  extra: { ...sessionOptions.extra, session: { ...waiting, disable_prepacking: '1' } },
}

/** A model with more weights than this has them in files: in memory it would stand there twice. */
const mostWeightsInMemory = 1 << 26
const weightFiles = new WeightFiles()

/**
 * Networks with more values than this are not planned: from its second run on ONNX Runtime has one piece of memory for all
 * values, which it takes beside the pieces of the first run. Mask R-CNN at 1024 pixels took 350 MB more, and no less time.
 */
const mostValuesPlanned = 1 << 29

interface SessionSettings {
  readonly files?: WeightFiles
  readonly most?: number
  /** false: what a run took is given back after it, at the cost of getting it anew; for runs that are rare and large */
  readonly keepsMemory?: boolean
}

/**
 * Compiles a graph and makes it ready to run.
 * @param compile gives the model, its large weights in a store or, for null, in the model itself
 * @throws AppError 'runtime.unavailable'; what `compile` throws
 */
export async function openSession(
  graph: Graph,
  compile: (store: WeightStore | null) => Uint8Array,
  { files = weightFiles, most = mostWeightsInMemory, keepsMemory = true }: SessionSettings = {},
): Promise<Session> {
  const onnx = await startOnnx()
  const memory = { enableCpuMemArena: keepsMemory, enableMemPattern: valueBytesOf(graph) <= mostValuesPlanned }
  if (weightBytesOf(graph) > most) {
    let weights: NetworkWeights | undefined
    try {
      weights = files.open()
      const path = weights.writeModel(compile(weights))
      return { onnx, session: await onnx.InferenceSession.create(path, { ...mappedOptions, ...memory }), weights }
    } catch (error) {
      weights?.release()
      // a disk that is full costs memory, not the model
      if (!(error instanceof AppError) || error.code !== 'file.unwritable') throw error
    }
  }
  return {
    onnx,
    session: await onnx.InferenceSession.create(compile(null), { ...sessionOptions, ...memory }),
    weights: null,
  }
}

/**
 * Opens a model file as it is. What it names beside itself must have been looked at before: it is read unasked.
 * @param further names of values inside the network that are given out, too
 */
export async function openFileSession(path: string, further: readonly string[] = []): Promise<Session> {
  const onnx = await startOnnx()
  if (further.length === 0) {
    return { onnx, session: await onnx.InferenceSession.create(path, sessionOptions), weights: null }
  }
  // a model's messages may come in several parts: what is written behind it is added to its network
  const model = Buffer.concat([await readFile(path), moreOutputs(further)])
  const session = { ...waiting, model_external_initializers_file_folder_path: dirname(path) }
  const options = { ...sessionOptions, extra: { ...sessionOptions.extra, session } }
  return { onnx, session: await onnx.InferenceSession.create(model, options), weights: null }
}

/** `ModelProto { graph { output { name } … } }`; ONNX Runtime finds out types and shapes. */
function moreOutputs(names: readonly string[]): Uint8Array {
  return new ProtobufWriter()
    .message(7, (graph) => {
      for (const name of names) graph.message(12, (output) => output.text(1, name))
    })
    .finish()
}

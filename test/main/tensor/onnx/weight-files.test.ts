import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Constant, Graph } from '#main/tensor/graph.ts'
import { compileOnnx } from '#main/tensor/onnx/compile.ts'
import { inputName } from '#main/tensor/onnx/forward.ts'
import { weightsOf } from '#main/tensor/onnx/kernels.ts'
import { closeSession, openSession, type Session } from '#main/tensor/onnx/onnx-session.ts'
import { WeightFiles } from '#main/tensor/onnx/weight-files.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'
import { relativeDifference, seededValues } from '../layer-models.ts'

const constant = (shape: readonly number[], seed: number): Constant => ({
  shape,
  data: seededValues(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
})

/** Names of all files below a folder. */
const filesIn = (folder: string): string[] => readdirSync(folder, { recursive: true }) as string[]

describe('weights in files', () => {
  it('are shared by networks, and gone with the last one that uses them', () => {
    const folder = temporaryFolder()
    const files = new WeightFiles(folder)
    const weights = constant([1000], 1)
    const [first, second] = [files.open(), files.open()]
    const name = first.put(weights, 'plain', weightsOf(weights, 'plain'))
    expect(second.put(weights, 'plain', weightsOf(weights, 'plain'))).toBe(name)
    const path = filesIn(folder).find((file) => file.endsWith(name))!
    expect(new Float32Array(new Uint8Array(readFileSync(join(folder, path))).buffer)).toEqual(weights.data)
    first.release()
    expect(filesIn(folder)).toContain(path)
    second.release()
    expect(filesIn(folder)).not.toContain(path)
    const again = second.put(weights, 'plain', weightsOf(weights, 'plain'))
    expect(filesIn(folder).some((file) => file.endsWith(again))).toBe(true)
  })

  it('that a killed process left are removed by the next one; those of a living one stay', () => {
    const folder = temporaryFolder()
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    for (const name of [`${pid}-dead`, `${process.ppid}-living`, 'of somebody else']) mkdirSync(join(folder, name))
    new WeightFiles(folder).open().release()
    const names = readdirSync(folder)
    expect(names).toEqual(expect.arrayContaining([`${process.ppid}-living`, 'of somebody else']))
    expect(names).not.toContain(`${pid}-dead`)
  })
})

describe('a network with large weights', () => {
  const kernel = constant([600, 512], 3)
  const graph: Graph = {
    nodes: [
      { op: 'input', name: 'input', inputs: [], shape: [600] },
      { op: 'dense', name: 'dense', inputs: [0], shape: [512], kernel, bias: constant([512], 4) },
    ],
    input: 0,
    output: 1,
  }
  const outputs = new Map([['out', 1]])
  const open = (files: WeightFiles): Promise<Session> =>
    openSession(graph, (store) => compileOnnx(graph, outputs, store), { files, most: 1000 })
  const run = async ({ onnx, session }: Session): Promise<Float32Array> => {
    const input = new onnx.Tensor('float32', seededValues(600, 5), [1, 600])
    return (await session.run({ [inputName]: input }))['out']!.data as Float32Array
  }

  it('has them in files that go with it, and computes what it does with them in the model', async () => {
    const folder = temporaryFolder()
    const mapped = await open(new WeightFiles(folder))
    expect(filesIn(folder).filter((name) => /\.(bin|onnx)$/.test(name))).toHaveLength(2)
    const inMemory = await openSession(graph, (store) => compileOnnx(graph, outputs, store))
    expect(inMemory.weights).toBeNull()
    // in another order of sums: what is in memory was packed anew
    expect(relativeDifference(await run(mapped), await run(inMemory))).toBeLessThan(1e-6)
    await closeSession(mapped)
    await closeSession(inMemory)
    expect(filesIn(folder).filter((name) => /\.(bin|onnx)$/.test(name))).toEqual([])
  })

  it('has them in memory where they cannot be written', async () => {
    const noFolder = join(temporaryFolder(), 'a file')
    writeFileSync(noFolder, '')
    const session = await open(new WeightFiles(noFolder))
    expect(session.weights).toBeNull()
    expect(await run(session)).toHaveLength(512)
    await closeSession(session)
  })
})

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connect, type Client } from '#common/contract/rpc.ts'
import { decodeNative } from '#common/explanation/native-map.ts'
import { computeContract, type ComputeContract } from '#main/compute/contract.ts'
import { startComputeChild, type ComputeProcess } from '#main/compute/host.ts'
import { lastWords } from '#main/process/last-words.ts'
import { classColour, writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { gone } from '../../builders/processes.ts'
import { codeOf, errorOf, useFolder } from '../engine/engine-tools.ts'

const folder = useFolder()
const side = 32
const nClasses = 3
let compute: ComputeProcess
let client: Client<ComputeContract>
let handle: number

beforeAll(async () => {
  compute = startComputeChild()
  client = connect(computeContract, compute.link)
  const path = await writeSmallModel(join(folder, 'small'))
  handle = (await client['classifier.load']({ path, card: {}, runtime: 'auto' })).handle
})
afterAll(async () => {
  compute.link.close()
  await compute.exited
})

/** Photos of one plain colour each, which the small model knows. */
function plainPhotos(...classes: number[]): Uint8Array {
  const photos = new Uint8Array(classes.length * side * side * 3)
  photos.forEach((_, i) => {
    photos[i] = classColour(classes[Math.floor(i / (side * side * 3))]!, nClasses)[i % 3]!
  })
  return photos
}

/** A photo whose middle has the colour of another class. */
function spottedPhoto(classIndex: number, spot: number): Uint8Array {
  const photo = plainPhotos(classIndex)
  for (let y = 8; y < 24; y++) {
    for (let x = 8; x < 24; x++) photo.set(classColour(spot, nClasses), (y * side + x) * 3)
  }
  return photo
}

const explaining = { classIndex: 0, variant: 'standard', options: {} } as const

describe('the compute process', () => {
  it('says of every runtime whether it is usable and why', async () => {
    const reports = await client['runtime.probe']({})
    expect(reports.map(({ id }) => id)).toEqual(['tensorflow', 'onnx', 'wasm'])
    expect(reports.every(({ reason }) => reason.length > 0)).toBe(true)
    const wasm = reports.find(({ id }) => id === 'wasm')!
    expect(wasm).toMatchObject({ isUsable: true })
    expect(wasm.selfTestError).toBeLessThan(1e-5)
    expect(wasm.gflops).toBeGreaterThan(0)
  })

  it('predicts photo by photo what it predicts in a batch', async () => {
    const classes = [0, 1, 2, 1, 0]
    const { logits, probabilities } = await client['classifier.predict']({
      handle,
      images: plainPhotos(...classes),
      n: 5,
    })
    expect(logits).toHaveLength(5 * nClasses)
    for (const [i, expected] of classes.entries()) {
      const own = probabilities.subarray(i * nClasses, (i + 1) * nClasses)
      expect(own.indexOf(Math.max(...own))).toBe(expected)
      expect(own.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
      const alone = await client['classifier.predict']({ handle, images: plainPhotos(expected), n: 1 })
      alone.logits.forEach((logit, c) => expect(logit).toBeCloseTo(logits[i * nClasses + c]!, 4))
    }
  })

  it('explains with every method, and tells how far it is', async () => {
    const image = spottedPhoto(1, 0)
    const shares: number[] = []
    const occlusion = await client['classifier.explain'](
      { ...explaining, handle, image, method: 'occlusion', options: { patch: 8, stride: 4 } },
      { onEvent: ({ share }) => shares.push(share) },
    )
    const map = decodeNative(occlusion)
    expect(map).toMatchObject({ kind: 'grid', rows: 7, cols: 7 })
    // hiding the middle takes class 0 away, hiding a corner does not
    expect(map.values[3 * 7 + 3]!).toBeGreaterThan(map.values[0]!)
    expect(occlusion.seconds).toBeGreaterThan(0)
    expect(shares.at(-1)).toBe(1)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))

    const cam = decodeNative(await client['classifier.explain']({ ...explaining, handle, image, method: 'gradcam' }))
    expect(cam).toMatchObject({ kind: 'grid', rows: 8, cols: 8 })
    expect(cam.values.some((value) => value > 0)).toBe(true)
  })

  it('refuses what it cannot do by its code, and goes on', async () => {
    const image = plainPhotos(0)
    const request = { ...explaining, handle, image, method: 'occlusion' }
    expect(await codeOf(client['classifier.explain']({ ...request, method: 'tarot' }))).toBe('explainer.unknown')
    expect(await codeOf(client['classifier.explain']({ ...request, classIndex: 3 }))).toBe('explainer.class')
    expect(await codeOf(client['classifier.explain']({ ...request, options: { patch: 64 } }))).toBe('explainer.options')
    expect(await codeOf(client['classifier.explain']({ ...request, options: { petch: 8 } }))).toBe('explainer.options')
    expect(await codeOf(client['classifier.explain']({ ...request, image: image.subarray(1) }))).toBe('shape.mismatch')
    expect(await codeOf(client['classifier.predict']({ handle, images: image, n: 2 }))).toBe('shape.mismatch')
    expect((await client['classifier.predict']({ handle, images: image, n: 1 })).logits).toHaveLength(nClasses)
  })

  it('forgets a classifier that is unloaded', async () => {
    const path = await writeSmallModel(join(temporaryFolder(), 'other'), { classes: 5 })
    const other = await client['classifier.load']({ path, card: {}, runtime: 'wasm' })
    expect(other).toMatchObject({ info: { nClasses: 5, predictionRuntime: 'wasm' } })
    await client['classifier.unload']({ handle: other.handle })
    const images = plainPhotos(0)
    expect(await codeOf(client['classifier.predict']({ handle: other.handle, images, n: 1 }))).toBe('model.changed')
    expect((await client['classifier.predict']({ handle, images, n: 1 })).logits).toHaveLength(nClasses)
  })

  it('answers a cancel of a long occlusion soon, and of what waits behind it at once', async () => {
    const path = await writeSmallModel(join(temporaryFolder(), 'wide'), { inputSide: 128 })
    const { handle: wide } = await client['classifier.load']({ path, card: {}, runtime: 'auto' })
    const image = new Uint8Array(128 * 128 * 3).fill(90)
    const request = { ...explaining, handle: wide, image, method: 'occlusion', options: { patch: 4, stride: 1 } }
    const [long, behind] = [new AbortController(), new AbortController()]
    const begun = Promise.withResolvers<undefined>()
    const running = errorOf(
      client['classifier.explain'](request, { signal: long.signal, onEvent: () => begun.resolve(undefined) }),
    )
    await begun.promise
    const waiting = errorOf(
      client['classifier.predict']({ handle: wide, images: image, n: 1 }, { signal: behind.signal }),
    )

    const latencyOf = async (controller: AbortController, call: Promise<{ code: string }>): Promise<number> => {
      const start = performance.now()
      controller.abort()
      expect((await call).code).toBe('aborted')
      return performance.now() - start
    }
    const waited = await latencyOf(behind, waiting)
    const ran = await latencyOf(long, running)
    console.log(`cancelled within ${ran.toFixed(0)} ms under way, ${waited.toFixed(0)} ms in the queue`)
    expect(waited).toBeLessThan(1000)
    expect(ran).toBeLessThan(1000)
    expect((await client['classifier.predict']({ handle: wide, images: image, n: 1 })).logits).toHaveLength(3)
  })

  it.each([
    ['a model that is not there', 'file.missing', () => 'nowhere/model.json'],
    ['a file of another kind', 'model.format', () => join(folder, 'photo.jpg')],
    [
      'weights that are missing',
      'model.shard-missing',
      async () => {
        const path = await writeSmallModel(join(temporaryFolder(), 'cut'), { nShards: 2 })
        rmSync(join(path, '../group1-shard2of2.bin'))
        return path
      },
    ],
    [
      'a model that does not say how it wants its input',
      'model.preprocessing-unknown',
      () => writeSmallModel(join(temporaryFolder(), 'bare'), { card: null }),
    ],
  ])('refuses %s', async (_, code, makePath) => {
    writeFileSync(join(folder, 'photo.jpg'), 'no photo')
    const path = await makePath()
    expect(await codeOf(client['classifier.load']({ path, card: {}, runtime: 'auto' }))).toBe(code)
  })
})

describe('the end of a compute process', () => {
  it('is told with the signal that ended it', async () => {
    const child = startComputeChild()
    const other = connect(computeContract, child.link)
    const call = errorOf(other['runtime.probe']({}))
    process.kill(child.pid!, 'SIGKILL')
    expect((await call).code).toBe('link.closed')
    expect(await child.exited).toBe('it was ended by SIGKILL')
  })

  it('comes when its parent lets go of it', async () => {
    const child = startComputeChild()
    await connect(computeContract, child.link)['runtime.probe']({})
    child.link.close()
    expect(await child.exited).toBe('it ended with status 0')
    await gone(child.pid!)
  })

  it('comes when its parent is killed', async () => {
    const script = fileURLToPath(import.meta.resolve('./parent.ts'))
    const parent = fork(script, { serialization: 'json', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [pid] = (await once(parent, 'message')) as [number]
    parent.kill('SIGKILL')
    await gone(pid)
  })

  it('is not caused by Ctrl+C, which reaches the whole process group', async () => {
    const child = startComputeChild()
    const other = connect(computeContract, child.link)
    await other['runtime.probe']({})
    process.kill(child.pid!, 'SIGINT')
    expect(await other['runtime.probe']({})).toHaveLength(3)
    child.kill()
    expect(await child.exited).toBe('it was ended by SIGKILL')
  })
})

describe('lastWords', () => {
  it('finds the line that names the error among stack frames and versions', () => {
    const crash = [
      'file:///main/compute.mjs:3',
      "throw new RangeError('Array buffer allocation failed')",
      'RangeError: Array buffer allocation failed',
      '    at new ArrayBuffer (<anonymous>)',
      'Node.js v24.21.0',
    ]
    expect(lastWords(crash)).toBe('RangeError: Array buffer allocation failed')
    const outOfMemory = [
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      '----- Native stack trace -----',
      ' 1: 0xe13b00 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]',
    ]
    expect(lastWords(outOfMemory)).toBe(outOfMemory[0])
  })

  it('takes the last line where none names an error, and nothing where nothing was said', () => {
    expect(lastWords(['one', 'two ', '   at three'])).toBe('two')
    expect(lastWords([])).toBeUndefined()
  })
})

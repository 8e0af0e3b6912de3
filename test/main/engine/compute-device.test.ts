import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { startComputeChild, type StartCompute } from '#main/compute/host.ts'
import { ComputeDevice } from '#main/engine/compute-device.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { gone, isAlive } from '../../builders/processes.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { codeOf, errorOf, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { signal } = new AbortController()

/** Counts the requests of each kind that go to compute processes. */
function counted(counts: Record<string, number>): StartCompute {
  return () => {
    const process = startComputeChild()
    const { link } = process
    const send: typeof link.send = (message) => {
      if (message.type === 'request') counts[message.name] = (counts[message.name] ?? 0) + 1
      link.send(message)
    }
    return { ...process, link: { ...link, send } }
  }
}

function makeDevice(start: StartCompute = startComputeChild): ComputeDevice {
  const device = new ComputeDevice(start)
  onTestFinished(() => device.dispose())
  return device
}

const counts: Record<string, number> = {}
const shared = new ComputeDevice(counted(counts))
afterAll(() => shared.dispose())

const photo = new Uint8Array(32 * 32 * 3).fill(70)

describe('the classifiers of a compute device', () => {
  it('are loaded once a request, also by calls at the same time', async () => {
    counts['classifier.load'] = 0
    const path = await writeSmallModel(join(folder, 'once'))
    const both = await Promise.all([shared.classifier({ path }), shared.classifier({ path, card: {} })])
    expect(both[1]).toBe(both[0])
    expect(await shared.classifier({ path, runtime: 'auto' })).toBe(both[0])
    expect(counts['classifier.load']).toBe(1)
  })

  it('lend their network with random weights for a piece of work, and free it whatever becomes of that', async () => {
    const path = await writeSmallModel(join(folder, 'forgetful'))
    const own = await shared.classifier({ path })
    const logits = async (classifier: typeof own) => (await classifier.predict(photo, 1, { signal })).logits
    const before = await logits(own)
    counts['classifier.unload'] = 0
    const randomised = { weights: 'all', seed: 1 } as const
    const random = await own.withRandomWeights(randomised, logits, signal)
    expect(random).not.toEqual(before)
    expect(await own.withRandomWeights(randomised, logits, signal)).toEqual(random)
    expect(await logits(own)).toEqual(before)
    const failing = own.withRandomWeights(randomised, () => Promise.reject(new Error('nothing came of it')), signal)
    await expect(failing).rejects.toThrow('nothing came of it')
    await logits(own) // calls are answered in turn: the unloading was asked for by then
    expect(counts['classifier.unload']).toBe(3)
    expect(await shared.classifier({ path })).toBe(own)
  })

  it('are others for other requests', async () => {
    counts['classifier.load'] = 0
    const path = await writeSmallModel(join(folder, 'twice'))
    const tf = await shared.classifier({ path })
    const unit = await shared.classifier({ path, card: { preprocess: 'unit' } })
    expect(counts['classifier.load']).toBe(2)
    expect([tf.info.card.preprocess, unit.info.card.preprocess]).toEqual(['tf', 'unit'])
    const logits = async (classifier: typeof tf) => (await classifier.predict(photo, 1, { signal })).logits
    expect(await logits(tf)).not.toEqual(await logits(unit))
  })

  it('are loaded after a loading that failed', async () => {
    const path = join(folder, 'later/model.json')
    expect(await codeOf(shared.classifier({ path }))).toBe('file.missing')
    await writeSmallModel(join(folder, 'later'))
    expect((await shared.classifier({ path })).info.nClasses).toBe(3)
  })

  it('are not lost to others by one who stops waiting for the loading', async () => {
    counts['classifier.load'] = 0
    const path = await writeSmallModel(join(folder, 'shared'))
    const controller = new AbortController()
    const first = errorOf(shared.classifier({ path }, controller.signal))
    const second = shared.classifier({ path })
    controller.abort()
    expect((await first).name).toBe('AbortError')
    expect((await second).info.nClasses).toBe(3)
    expect(counts['classifier.load']).toBe(1)
  })

  it('are loaded anew where their files were replaced, and the old one is freed', async () => {
    counts['classifier.unload'] = 0
    const path = await writeSmallModel(join(folder, 'replaced'), { classes: 3 })
    const old = await shared.classifier({ path })
    await writeSmallModel(join(folder, 'replaced'), { classes: 4 })
    const now = await shared.classifier({ path })
    expect([old.info.nClasses, now.info.nClasses]).toEqual([3, 4])
    expect(await codeOf(old.predict(photo, 1, { signal }))).toBe('model.changed')
    expect((await now.predict(photo, 1, { signal })).logits).toHaveLength(4)
    expect(counts['classifier.unload']).toBe(1)
  })

  it('stay usable where their files are out of reach', async () => {
    const path = await writeSmallModel(join(folder, 'gone'))
    const classifier = await shared.classifier({ path })
    rmSync(join(folder, 'gone'), { recursive: true })
    expect(await shared.classifier({ path })).toBe(classifier)
    expect((await classifier.predict(photo, 1, { signal })).logits).toHaveLength(3)
  })

  it('have the card that lies beside the model now', async () => {
    const path = await writeSmallModel(join(folder, 'carded'))
    expect((await shared.classifier({ path })).info.card.labels).toBeNull()
    const card = JSON.parse(await readFile(`${path}.card.json`, 'utf8')) as object
    await writeFile(`${path}.card.json`, JSON.stringify({ ...card, labels: ['cat', 'dog', 'bird'] }))
    expect((await shared.classifier({ path })).info.card.labels).toEqual(['cat', 'dog', 'bird'])
  })
})

describeWithData('a classifier that takes its time', () => {
  it('answers a cancel at once, in the middle of a batch, and computes what is asked next', async () => {
    const device = makeDevice()
    const classifier = await device.classifier({ path: testData('data/mobilenet-v1-0.75-tfjs/model.json') })
    const size = 224 * 224 * 3
    const photos = new Uint8Array(32 * size).map((_, i) => (i * 31) % 251)
    const before = await classifier.predict(photos.subarray(0, size), 1, { signal })
    const controller = new AbortController()
    const call = errorOf(classifier.predict(photos, 32, { signal: controller.signal }))
    await delay(150) // the batch under way takes longer than may be waited
    const start = performance.now()
    controller.abort()
    expect((await call).name).toBe('AbortError')
    expect(performance.now() - start).toBeLessThan(200)
    expect(await classifier.predict(photos.subarray(0, size), 1, { signal })).toMatchObject({ logits: before.logits })
  }, 60_000)
})

describe('the process of a compute device', () => {
  it('fails the calls that are under way when it dies, naming the signal, and is replaced for the next one', async () => {
    const path = await writeSmallModel(join(folder, 'wide'), { inputSide: 128 })
    const device = makeDevice()
    const classifier = await device.classifier({ path })
    const pid = device.pid!
    const begun = Promise.withResolvers<undefined>()
    const request = {
      image: new Uint8Array(128 * 128 * 3),
      classIndex: 0,
      method: 'occlusion',
      variant: 'standard',
    } as const
    const call = errorOf(
      classifier.explain(
        { ...request, options: { patch: 4, stride: 1 } },
        { signal, onShare: () => begun.resolve(undefined) },
      ),
    )
    await begun.promise
    process.kill(pid, 'SIGKILL')
    const error = await call
    expect(error).toMatchObject({ code: 'compute.died', message: expect.stringContaining('SIGKILL') as string })
    expect(error.hint).toBeTruthy()

    expect(await codeOf(classifier.predict(photo, 1, { signal }))).toBe('compute.died')
    const again = await device.classifier({ path })
    expect(device.pid).not.toBe(pid)
    expect(again.info).toEqual(classifier.info)
    expect((await again.predict(new Uint8Array(128 * 128 * 3), 1, { signal })).logits).toHaveLength(3)
  })

  it('is started only when it is needed, and ends with the device', async () => {
    const device = makeDevice()
    expect(device.pid).toBeUndefined()
    await device.call((client) => client['runtime.probe']({}))
    const pid = device.pid!
    expect(isAlive(pid)).toBe(true)
    await device.dispose()
    await gone(pid)
    expect(await codeOf(device.call((client) => client['runtime.probe']({})))).toBe('link.closed')
    expect(device.pid).toBeUndefined()
  })

  it('is renewed: the one before answers what it was asked, and ends', async () => {
    const path = await writeSmallModel(join(folder, 'renewed'), { inputSide: 128 })
    const device = makeDevice()
    const classifier = await device.classifier({ path })
    const before = device.pid!
    const image = new Uint8Array(128 * 128 * 3)
    const asked = classifier.predict(image, 1, { signal })
    device.renew()
    const now = await device.classifier({ path })
    expect(device.pid).not.toBe(before)
    expect((await asked).logits).toEqual((await now.predict(image, 1, { signal })).logits)
    await gone(before)

    const left = device.pid!
    device.renew()
    await gone(left)
    device.renew() // there is none now
    expect(device.pid).toBeUndefined()
  })

  it('takes those that were left with it when it is disposed', async () => {
    const path = await writeSmallModel(join(folder, 'left'), { inputSide: 128 })
    const device = makeDevice()
    const classifier = await device.classifier({ path })
    const pid = device.pid!
    const asked = errorOf(
      classifier.explain(
        {
          image: new Uint8Array(128 * 128 * 3),
          classIndex: 0,
          method: 'occlusion',
          variant: 'standard',
          options: { patch: 4, stride: 1 },
        },
        { signal, onShare: () => undefined },
      ),
    )
    device.renew()
    await device.dispose()
    await gone(pid)
    expect((await asked).code).toBe('compute.died')
  })

  it('says so where it cannot be started', async () => {
    const device = makeDevice(() => {
      const { execPath } = process
      process.execPath = join(temporaryFolder(), 'no-node')
      try {
        return startComputeChild()
      } finally {
        process.execPath = execPath
      }
    })
    const error = await errorOf(device.call((client) => client['runtime.probe']({})))
    expect(error).toMatchObject({ code: 'compute.died', message: expect.stringContaining('ENOENT') as string })
  })
})

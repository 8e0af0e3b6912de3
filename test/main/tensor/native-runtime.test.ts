import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { parts } from '#main/tensor/native/compile.ts'
import { readCurrentBuild, useBuild } from '#main/tensor/native/current-build.ts'
import { whyBroken } from '#main/tensor/native/load-mark.ts'
import { probeRuntime } from '#main/tensor/probe.ts'
import { nativeRuntime } from '#main/tensor/tfjs/native-runtime.ts'
import { makePhotos } from '../../builders/dataset.ts'
import { describeWithNative, nativeBuild } from '../../builders/native-tensorflow.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData } from '../../builders/test-data.ts'
import { expectMobilenetGolden } from '../classifiers/mobilenet-golden.ts'
import { errorOf, useEngine, useFolder } from '../engine/engine-tools.ts'

const folder = useFolder()

describeWithNative('native TensorFlow', () => {
  it('passes the self-test, gradients among it', async () => {
    const report = await probeRuntime(nativeRuntime)
    expect(report).toMatchObject({
      id: 'tensorflow',
      isUsable: true,
      reason: expect.stringMatching(/^works/) as string,
    })
    expect(report.selfTestError).toBeLessThan(1e-5)
    const { gflops } = await probeRuntime(onnxRuntime)
    console.log(`native ${report.gflops!.toFixed(0)} GFLOP/s, ONNX Runtime ${gflops!.toFixed(0)}`)
    expect(report.gflops).toBeGreaterThan(0.5)
  })

  it('uses the TensorFlow.js of the program, and no second one', async () => {
    await nativeRuntime.start()
    expect(tf.findBackend('tensorflow')).not.toBeNull()
    const packages = join(nativeBuild!.folder, parts.packages, '@tensorflow')
    for (const name of ['tfjs', 'tfjs-core'])
      expect(readdirSync(join(packages, name)).sort()).toEqual(['index.js', 'package.json'])
  })

  it('leaves no mark of having been loaded', async () => {
    await nativeRuntime.start()
    expect(existsSync(join(nativeBuild!.folder, `loading-${process.pid}`))).toBe(false)
  })

  describeWithData('with the real ImageNet weights of MobileNet 0.25', () => {
    it('gives Keras’s logits, probabilities and five best', () => expectMobilenetGolden('tensorflow'))
  })

  describe('in a compute process', () => {
    const { client } = useEngine()
    let path: string
    let photos: Awaited<ReturnType<typeof makePhotos>>

    beforeAll(async () => {
      path = await writeSmallModel(join(folder, 'small'), { labels: ['cat', 'dog', 'bird'] })
      photos = await makePhotos(join(folder, 'photos'), { perClass: 2 })
    })

    it('classifies as ONNX Runtime does', async () => {
      const images = photos.map((photo) => photo.path)
      const classify = (runtime: 'tensorflow' | 'onnx') =>
        client['classifier.classify']({ model: { path, runtime }, images, nTop: null })
      const [native, onnx] = [await classify('tensorflow'), await classify('onnx')]
      expect(native.classifier).toMatchObject({ predictionRuntime: 'tensorflow', gradientRuntime: 'tensorflow' })
      expect(native.images.map(({ top }) => top[0]!.label)).toEqual(photos.map(({ label }) => label))
      native.images.forEach(({ top }, i) =>
        top.forEach(({ index, logit }) => {
          const other = onnx.images[i]!.top.find((score) => score.index === index)!
          expect(Math.abs(logit - other.logit)).toBeLessThan(1e-4 * Math.max(1, Math.abs(logit)))
        }),
      )
    })

    it.each(['occlusion', 'gradcam'])('explains by %s as WebAssembly does', async (method) => {
      const explain = (runtime: 'tensorflow' | 'wasm') =>
        client['explanation.compute']({
          model: { path, runtime },
          image: photos[0]!.path,
          method,
          options: method === 'occlusion' ? { patch: 8, stride: 4 } : {},
        })
      const [native, wasm] = [await explain('tensorflow'), await explain('wasm')]
      expect(native.class).toBe(wasm.class)
      native.map.forEach((value, i) => expect(Math.abs(value - wasm.map[i]!)).toBeLessThan(1e-4))
    })

    it('is named by the doctor, with its version', async () => {
      const { runtimes, packages } = await client['engine.diagnose']({})
      expect(runtimes[0]).toMatchObject({ id: 'tensorflow', isUsable: true })
      expect(packages['TensorFlow, built here']).toBe(nativeBuild!.version)
    })

    it('is not built again where it is there, but tried in a process of its own', async () => {
      const steps: string[] = []
      const result = await client['runtime.build-native'](
        { version: nativeBuild!.version, gpu: nativeBuild!.gpu },
        { onEvent: ({ step }) => steps.push(step) },
      )
      expect(result).toMatchObject({ isNew: false, folder: nativeBuild!.folder, report: { isUsable: true } })
      expect(steps).toEqual(['computing with the TensorFlow that is there'])
    })
  })
})

/** Makes a build whose JavaScript does something while it is loaded. @returns the folder of builds */
async function makeBuild(script: string): Promise<{ builds: string; folder: string }> {
  const builds = temporaryFolder()
  const name = '2.15.1-cpu-0123abcd'
  const source = join(builds, name, parts.addonSource, 'dist')
  mkdirSync(source, { recursive: true })
  writeFileSync(join(source, 'register_all_kernels.js'), script)
  return { builds, folder: (await useBuild(builds, { name, version: '2.15.1', gpu: false })).folder }
}

/** An engine of a machine with this build. */
function engineWith(builds: string) {
  const { OBALEX_TENSORFLOW: before } = process.env
  process.env['OBALEX_TENSORFLOW'] = builds
  const engine = createEngine({ startCompute: startComputeChild, version: 'test', checkOutputs: true })
  onTestFinished(async () => {
    await engine.dispose()
    process.env['OBALEX_TENSORFLOW'] = before
  })
  return { engine, client: engine.connect() }
}

it('a machine without a build is told how to make one', async () => {
  const { client } = engineWith(temporaryFolder())
  const { runtimes, packages } = await client['engine.diagnose']({})
  // the optional package may be there, and works then
  expect(runtimes[0]!.reason).toMatch(/^works|^not installed: “npm run tensorflow:build” makes it/)
  expect(packages).not.toHaveProperty('TensorFlow, built here')
})

describe('a library that ends the process that loads it', () => {
  it('does so once; from then on everything works without it, and the doctor says why', async () => {
    const { builds, folder: build } = await makeBuild(
      `process.stderr.write('fatal error: no such instruction\\n'); process.abort()`,
    )
    const { engine, client } = engineWith(builds)
    const { runtimes } = await client['engine.diagnose']({})
    expect(runtimes[0]).toMatchObject({ id: 'tensorflow', isUsable: false })
    expect(runtimes[0]!.reason).toContain('it was ended by SIGABRT; it last said: fatal error: no such instruction')
    expect(runtimes[0]!.reason).toContain('npm run tensorflow:build')
    expect(runtimes.slice(1).map(({ isUsable }) => isUsable)).toEqual([true, true])

    const survivor = engine.computePid
    const path = await writeSmallModel(join(temporaryFolder(), 'small'))
    const [photo] = await makePhotos(temporaryFolder(), { perClass: 1 })
    const result = await client['classifier.classify']({ model: { path }, images: [photo!.path] })
    expect(result.failures).toEqual([])
    expect(engine.computePid).toBe(survivor)
    expect(whyBroken(build)).toContain('SIGABRT')
  })

  it('is given another chance by the next build, and refused again where it has not changed', async () => {
    const { builds, folder: build } = await makeBuild('process.abort()')
    const { client } = engineWith(builds)
    const error = await errorOf(client['runtime.build-native']({}))
    expect(error).toMatchObject({ code: 'runtime.unavailable', message: expect.stringContaining('SIGABRT') as string })
    expect(whyBroken(build)).toContain('SIGABRT')
    writeFileSync(
      join(build, parts.addonSource, 'dist/register_all_kernels.js'),
      "throw new Error('libcuda is too old')",
    )
    const again = await errorOf(client['runtime.build-native']({}))
    expect(again.message).toContain('its library cannot be loaded: libcuda is too old')
    expect(whyBroken(build)).toBeNull()
  })

  it('is not blamed for the end of a process that had other reasons', async () => {
    const { builds, folder: build } = await makeBuild("throw new Error('not for this processor')")
    const { engine, client } = engineWith(builds)
    const { runtimes } = await client['engine.diagnose']({})
    expect(runtimes[0]!.reason).toBe('its library cannot be loaded: not for this processor')
    process.kill(engine.computePid!, 'SIGKILL')
    const after = await client['engine.diagnose']({})
    expect(after.runtimes[0]!.reason).toBe('its library cannot be loaded: not for this processor')
    expect(whyBroken(build)).toBeNull()
    expect(readCurrentBuild(builds)).not.toBeNull()
  })
})

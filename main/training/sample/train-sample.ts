import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { version as tfjsVersion } from '@tensorflow/tfjs'
import type { CardOptions } from '#common/contract/procedures/models.ts'
import { writeAside } from '#main/files/write-aside.ts'
import { sampleSplits, type SplitPlan } from '#main/sample/scenes/sample-plan.ts'
import type { BackendName } from '#main/tensor/tfjs/tfjs-runtime.ts'
import { nativeRuntime } from '#main/tensor/tfjs/native-runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { writeLayersModel } from '#main/tensor/write-layers-model.ts'
import { sampleExplanationLayer } from './network.ts'
import { drawSamplePhotos, samplePreparation, type SamplePhotos } from './photos.ts'
import { sampleAccuracy, sampleRecipe, trainSampleClassifier } from './recipe.ts'

/**
 * `npm run sample:train`: makes the sample classifiers under resources/sample again from their seeds. On WebAssembly,
 * the default, the weights are the same to the bit each time.
 */
const trainingSplits = { shortcut: 'train-shortcut', fair: 'train-fair' } as const
type ClassifierName = keyof typeof trainingSplits

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('../../../resources/sample', import.meta.url)) },
    only: { type: 'string' },
    runtime: { type: 'string', default: 'wasm' },
  },
})
const runtimes = { wasm: wasmRuntime, tensorflow: nativeRuntime } as const

const { runtime, only, out } = values
const names = (Object.keys(trainingSplits) as ClassifierName[]).filter((name) => only === undefined || name === only)
if (!isRuntime(runtime) || names.length === 0) {
  process.stderr.write(
    'usage: npm run sample:train -- [--only shortcut|fair] [--runtime wasm|tensorflow] [--out FOLDER]\n',
  )
  process.exit(2)
}
await runtimes[runtime].start()
for (const name of names) await makeClassifier(name, runtime)

function isRuntime(name: string): name is BackendName {
  return Object.hasOwn(runtimes, name)
}

async function makeClassifier(name: ClassifierName, backend: BackendName): Promise<void> {
  const split = trainingSplits[name]
  const photos = drawSplit(split)
  const start = performance.now()
  const model = await trainSampleClassifier(photos, {
    backend,
    onEpoch: ({ epoch, loss, accuracy }) => {
      const seconds = ((performance.now() - start) / 1000).toFixed(0)
      say(`${name}: epoch ${epoch + 1}, loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}, ${seconds} s`)
    },
  })
  const accuracy = {
    test: sampleAccuracy(model, drawSplit('test')),
    testFair: sampleAccuracy(model, drawSplit('test-fair')),
  }
  const card: CardOptions & { training: object } = {
    name: `sample-${name}`,
    labels: [...photos.labels],
    ...samplePreparation,
    layer: sampleExplanationLayer,
    training: { split, ...sampleRecipe, runtime: backend, tfjs: tfjsVersion['tfjs-core'], accuracy },
  }
  const path = await writeLayersModel(model, join(out, name))
  await writeAside(`${path}.card.json`, `${JSON.stringify(card, null, 2)}\n`)
  say(`${name}: ${path}, accuracy on test ${accuracy.test.toFixed(4)}, on test-fair ${accuracy.testFair.toFixed(4)}`)
  model.dispose()
}

function drawSplit(split: SplitPlan['split']): SamplePhotos {
  const plan = sampleSplits.find((each) => each.split === split)!
  return drawSamplePhotos(sampleRecipe.sceneSeed, plan, (done, total) => {
    if (done === total) say(`${split}: ${total} scenes drawn`)
  })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

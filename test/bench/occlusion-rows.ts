import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import type { ArchitectureRequest } from '#common/contract/procedures/models.ts'
import { readNpy } from '#main/files/npy.ts'
import { logitsInBatches, type Classifier } from '#main/tensor/classifier.ts'
import { writeOccluded } from '#main/tensor/occluded-logits.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import type { OccludedInput } from '#main/tensor/runtime.ts'
import { testData } from '../builders/data-paths.ts'
import type { Row } from './benchmark.ts'

const side = 224
const grid = { patch: 32, stride: 16, rows: 13, cols: 13 }
const nPatches = grid.rows * grid.cols
const nRounds = 3

interface Network {
  readonly label: string
  readonly golden: string
  readonly architecture: ArchitectureRequest
  /** what is asked of computing in full ÷ incremental */
  readonly budget?: string
}

const networks: readonly Network[] = [
  { label: 'VGG16', golden: 'vgg16', architecture: { name: 'vgg16', alpha: 1, top: true }, budget: '≥ 3.8 ×' },
  { label: 'ResNet50', golden: 'resnet50', architecture: { name: 'resnet50', alpha: 1, top: true } },
  { label: 'MobileNet 0.25', golden: 'mobilenet025', architecture: { name: 'mobilenet', alpha: 0.25, top: true } },
]

/**
 * Occlusion on ONNX Runtime, every hidden photo in full against exact incremental occlusion: processor seconds a photo,
 * turn by turn, the quietest of the rounds. In full, a third of the patches stands for all.
 */
export async function occlusionRows(): Promise<Row[]> {
  const rows: Row[] = []
  for (const { label, budget, ...network } of networks) {
    const { full, incremental } = await measure(network)
    const what = `occlusion, ${label}, processor time`
    rows.push({ what: `${what}, in full`, value: full, unit: 's' })
    rows.push({ what: `${what}, incremental`, value: incremental, unit: 's' })
    const ratio = { what: `${what}, in full ÷ incremental`, value: full / incremental, unit: '×' }
    rows.push(budget === undefined ? ratio : { ...ratio, budget })
  }
  return rows
}

async function measure({
  golden,
  architecture,
}: Pick<Network, 'golden' | 'architecture'>): Promise<{ full: number; incremental: number }> {
  await onnxRuntime.start()
  const path = testData(`goldens/arch/${golden}_periodic.h5`)
  const classifier = await loadClassifier(path, { card: {}, runtime: 'onnx', architecture }, () =>
    Promise.resolve([onnxRuntime]),
  )
  try {
    const photos = (await readNpy(testData('goldens/arch/photos.npy'))).data as Uint8Array
    const input = preprocess(photos.subarray(0, side * side * 3), classifier.info.card.preprocess)
    const photo = { input, filling: new Float32Array(input.length), width: side }
    await incrementally(classifier, photo) // loads and checks it
    const seconds = { full: Infinity, incremental: Infinity }
    for (let round = 0; round < nRounds; round++) {
      seconds.full = Math.min(seconds.full, await processorSeconds(() => inFull(classifier, photo)))
      seconds.incremental = Math.min(
        seconds.incremental,
        await processorSeconds(() => incrementally(classifier, photo)),
      )
    }
    return { ...seconds, full: seconds.full * everyThird }
  } finally {
    await classifier.dispose()
  }
}

const everyThird = 3

async function inFull(classifier: Classifier, photo: OccludedInput): Promise<void> {
  const { signal } = new AbortController()
  const fill = (i: number, target: Float32Array): void => writeOccluded(photo, grid, everyThird * i, target)
  await logitsInBatches(classifier, Math.round(nPatches / everyThird), fill, { signal })
}

async function incrementally(classifier: Classifier, photo: OccludedInput): Promise<void> {
  const found = await classifier.occludedLogits?.(photo, grid, { signal: new AbortController().signal })
  if (!found) throw new Error(`not incremental: ${classifier.info.notes.join('; ')}`)
}

async function processorSeconds(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

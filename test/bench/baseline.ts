import { spawnSync } from 'node:child_process'
import { connect } from '#common/contract/rpc.ts'
import { computeContract } from '#main/compute/contract.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { readPhotoInput } from '#main/engine/photo-input.ts'
import { hasTestData, testData } from '../builders/data-paths.ts'
import type { BenchResult, Row } from './benchmark.ts'

const photos = 'data/oxford-pets-370/data/sample_images'
const annotations = 'data/oxford-pets-370/data/sample_annotations/coco/annotations/instances_sample.json'
const files = ['cats/Abyssinian_101.jpg', 'dogs/beagle_10.jpg', 'cats/Bengal_107.jpg'] as const

interface Network {
  readonly label: string
  /** as the reference calls it */
  readonly name: string
  /** what the reference loads */
  readonly weights: string
  readonly request: { readonly path: string; readonly architecture?: { readonly name: 'resnet50' | 'vgg16' } }
  /** photos for the methods that take long */
  readonly nSlow: number
  /** by method */
  readonly budgets: Readonly<Record<string, string>>
}

const networks: readonly Network[] = [
  {
    label: 'MobileNet 0.25',
    name: 'mobilenet025',
    weights: testData('data/mobilenet-v1-0.25-tfjs'),
    request: { path: testData('data/mobilenet-v1-0.25-tfjs/model.json') },
    nSlow: 3,
    budgets: { occlusion: '≥ 3 ×', lime: '≥ 3 ×', gradcam: '≥ 5 ×' },
  },
  keras('ResNet50', 'resnet50', { occlusion: '≥ 2 ×', lime: '≥ 1.4 ×', gradcam: '≥ 5 ×' }),
  keras('VGG16', 'vgg16', { occlusion: '≥ 4.5 ×', lime: '≥ 1.1 ×', gradcam: '≥ 5 ×' }),
]

function keras(label: string, name: 'resnet50' | 'vgg16', budgets: Network['budgets']): Network {
  const path = testData(`goldens/arch/${name}_periodic.h5`)
  return { label, name, weights: path, request: { path, architecture: { name } }, nSlow: 1, budgets }
}

/** Our methods, what the reference calls them, and whether they take long. */
const methods = [
  { id: 'gradcam', reference: 'gradcam', isSlow: false },
  { id: 'gradcam++', reference: 'gradcampp', isSlow: false },
  { id: 'occlusion', reference: 'occlusion', isSlow: true },
  { id: 'lime', reference: 'lime', isSlow: true },
] as const

/**
 * Every method beside the authors' Python stack (TensorFlow, lime, scipy), network for network and photo for photo, on the
 * Python that `OBALEX_BENCH_PYTHON` names. Ours is from the decoded photo to the map in its native form, theirs to the map
 * at full size and its score, which takes them some milliseconds more. Variant `paper`, after one warm-up each.
 */
export default async function bench(): Promise<BenchResult> {
  const name = 'methods beside the Python stack, seconds a photo'
  const python = process.env['OBALEX_BENCH_PYTHON']
  if (!hasTestData) return { name, rows: [], skipped: 'no test data (OBALEX_TEST_DATA)' }
  if (python === undefined) return { name, rows: [], skipped: 'no Python with TensorFlow (OBALEX_BENCH_PYTHON)' }
  const rows: Row[] = []
  for (const network of networks) {
    for (const { id, reference, isSlow } of methods) {
      const chosen = files.slice(0, isSlow ? network.nSlow : files.length)
      const ours = await ourSeconds(network, id, chosen)
      const theirs = pythonSeconds(python, network, { method: reference, files: chosen })
      const budget = network.budgets[id]
      const what = `${network.label}, ${id}`
      rows.push({ what, value: ours, unit: 's' })
      if (theirs === null) continue
      rows.push({ what: `${what}, Python`, value: theirs, unit: 's' })
      rows.push({ what: `${what}, Python ÷ ours`, value: theirs / ours, unit: '×', ...(budget ? { budget } : {}) })
    }
  }
  return { name, rows }
}

async function ourSeconds(network: Network, method: string, chosen: readonly string[]): Promise<number> {
  const child = startComputeChild()
  const client = connect(computeContract, child.link)
  try {
    const { handle, info } = await client['classifier.load']({ ...network.request, card: {}, runtime: 'auto' })
    let seconds = 0
    // warmed up by another photo: what is remembered of the last one counts as if it were computed again
    for (const [index, file] of [files[1], ...chosen].entries()) {
      const { input } = await readPhotoInput(testData(`${photos}/${file}`), info.card)
      const request = { handle, image: input.data, classIndex: 281, method, variant: 'paper', options: {} } as const
      const result = await client['classifier.explain'](request)
      if (index > 0) seconds += result.seconds / chosen.length
    }
    return seconds
  } finally {
    child.kill()
    await child.exited
  }
}

/** null: the reference gave no figure */
function pythonSeconds(
  python: string,
  { name, weights }: Network,
  { method, files: chosen }: { readonly method: string; readonly files: readonly string[] },
): number | null {
  const { stdout } = spawnSync(
    python,
    [
      ...[testData('reference/python_baseline.py'), '--model', name, '--weights', weights],
      ...['--images', testData(photos), '--coco', testData(annotations), '--threads', '2'],
      ...['--explainers', method, '--first', ...chosen],
    ],
    { encoding: 'utf8', maxBuffer: 1 << 24 },
  )
  const lines = stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
  const mean = lines.find((line) => line['explainer'] === method && 'mean_seconds' in line)?.['mean_seconds']
  return typeof mean === 'number' ? mean : null
}

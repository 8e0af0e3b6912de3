import { spawnSync } from 'node:child_process'
import { connect } from '#common/contract/rpc.ts'
import type { RuntimePreference } from '#common/contract/procedures/models.ts'
import { computeContract } from '#main/compute/contract.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { readPhotoInput } from '#main/engine/photo-input.ts'
import { hasTestData, testData } from '../builders/data-paths.ts'
import type { BenchResult, Row } from './benchmark.ts'
import { occlusionRows } from './occlusion-rows.ts'

const model = 'data/mobilenet-v1-0.25-tfjs'
const photos = 'data/oxford-pets-370/data/sample_images'
const annotations = 'data/oxford-pets-370/data/sample_annotations/coco/annotations/instances_sample.json'
const files = [
  ...['Abyssinian_101', 'Bengal_107', 'Birman_121', 'Bombay_10', 'Persian_106'].map((name) => `cats/${name}.jpg`),
  ...['beagle_10', 'boxer_112', 'pug_142', 'english_setter_153', 'samoyed_108'].map((name) => `dogs/${name}.jpg`),
]
const methods = ['occlusion', 'gradcam'] as const

/**
 * Occlusion and Grad-CAM of photos with MobileNet 0.25 in the compute process, on ONNX Runtime and on wasm, and beside
 * the Python stack where `OBALEX_BENCH_PYTHON` names a Python that has TensorFlow; exact incremental occlusion against
 * computing in full, for three networks.
 */
export default async function bench(): Promise<BenchResult> {
  const name = 'explanations, seconds a photo; MobileNet 0.25 where no network is named'
  if (!hasTestData) return { name, rows: [], skipped: 'no test data (OBALEX_TEST_DATA)' }
  const onnx = await explainAll('onnx')
  const wasm = await explainAll('wasm')
  const rows: Row[] = methods.flatMap((method) => [
    {
      what: `${method}, ONNX Runtime${method === 'gradcam' ? ' + wasm gradient' : ''}`,
      value: onnx[method],
      unit: 's',
    },
    { what: `${method}, wasm`, value: wasm[method], unit: 's' },
    {
      what: `${method}, wasm ÷ ONNX Runtime`,
      value: wasm[method] / onnx[method],
      unit: '×',
      ...(method === 'occlusion' ? { budget: '≥ 4 ×' } : {}),
    },
  ])
  return { name, rows: [...rows, ...pythonRows(onnx), ...(await occlusionRows())] }
}

type Seconds = Record<(typeof methods)[number], number>

/** Mean seconds from the decoded photo to the native map, after one warm-up. */
async function explainAll(runtime: RuntimePreference): Promise<Seconds> {
  const child = startComputeChild()
  const client = connect(computeContract, child.link)
  try {
    const { handle, info } = await client['classifier.load']({
      path: testData(`${model}/model.json`),
      card: {},
      runtime,
    })
    const seconds: Seconds = { occlusion: 0, gradcam: 0 }
    for (const [index, file] of [files[0]!, ...files].entries()) {
      const { input } = await readPhotoInput(testData(`${photos}/${file}`), info.card)
      for (const method of methods) {
        const request = { handle, image: input.data, classIndex: 281, method, variant: 'paper', options: {} } as const
        const result = await client['classifier.explain'](request)
        if (index > 0) seconds[method] += result.seconds / files.length
      }
    }
    return seconds
  } finally {
    child.kill()
    await child.exited
  }
}

/** The reference's own seconds include the map at full size and its score; ours are to the native map. */
function pythonRows(onnx: Seconds): Row[] {
  const python = process.env['OBALEX_BENCH_PYTHON']
  if (python === undefined) return []
  const { stdout } = spawnSync(
    python,
    [
      ...[testData('reference/python_baseline.py'), '--model', 'mobilenet025', '--weights', testData(model)],
      ...['--images', testData(photos), '--coco', testData(annotations), '--threads', '2'],
      ...['--explainers', methods.join(','), '--first', ...files],
    ],
    { encoding: 'utf8', maxBuffer: 1 << 24 },
  )
  const lines = stdout
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
  return methods.flatMap((method): Row[] => {
    const mean = lines.find((line) => line['explainer'] === method && 'mean_seconds' in line)?.['mean_seconds']
    if (typeof mean !== 'number') return []
    return [
      { what: `${method}, Python (TensorFlow)`, value: mean, unit: 's' },
      { what: `${method}, Python ÷ ONNX Runtime`, value: mean / onnx[method], unit: '×' },
    ]
  })
}

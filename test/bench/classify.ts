import { readdirSync } from 'node:fs'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import type { ModelRequest } from '#common/contract/procedures/models.ts'
import { hasTestData, testData } from '../builders/data-paths.ts'
import type { BenchResult, Row } from './benchmark.ts'
import { startKeras, type Round } from './keras-rounds.ts'
import { cpuSecondsOf, MemoryPeak } from './process-use.ts'

const nPhotos = 96
const nRounds = 6

interface Network {
  readonly label: string
  /** as the reference calls it */
  readonly name: string
  readonly request: ModelRequest
  readonly budget: string
}

const networks: readonly Network[] = [
  network('MobileNet 1.0', 'mobilenet100', 'mobilenet', '≥ 1.5 ×'),
  network('ResNet50', 'resnet50', 'resnet50', '≥ 1.4 ×'),
  network('VGG16', 'vgg16', 'vgg16', '≥ 1.1 ×'),
]

function network(
  label: string,
  name: string,
  architecture: 'mobilenet' | 'resnet50' | 'vgg16',
  budget: string,
): Network {
  const path = testData(`goldens/arch/${name}_periodic.h5`)
  return { label, name, budget, request: { path, architecture: { name: architecture } } }
}

/**
 * Photos that `obalex classify` gets through, from the files on the disk, by an engine with a real compute process; the
 * way to the first one, and the memory of the largest network. Beside Keras, round by round in turn, where
 * `OBALEX_BENCH_PYTHON` names a Python that has TensorFlow.
 */
export default async function bench(): Promise<BenchResult> {
  const name = `classifying ${nPhotos} photos, decoding included, the quietest of ${nRounds} rounds`
  if (!hasTestData) return { name, rows: [], skipped: 'no test data (OBALEX_TEST_DATA)' }
  const photos = photoFiles()
  const rows = [...(await firstRows(photos)), ...(await memoryRows(photos))]
  for (const each of networks) rows.push(...(await throughputRows(each, photos)))
  return { name, rows }
}

/** Evenly from cats and dogs, in the order of their names. */
function photoFiles(): string[] {
  const folder = testData('data/dogs-vs-cats/train')
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.jpg'))
    .sort()
  const step = Math.floor(files.length / nPhotos)
  return Array.from({ length: nPhotos }, (_, i) => `${folder}/${files[i * step]!}`)
}

async function withEngine<T>(work: (engine: ReturnType<typeof createEngine>) => Promise<T>): Promise<T> {
  const engine = createEngine({ startCompute: startComputeChild, version: 'bench' })
  try {
    return await work(engine)
  } finally {
    await engine.dispose()
  }
}

async function firstRows(photos: readonly string[]): Promise<Row[]> {
  const path = testData('data/mobilenet-v1-0.25-tfjs/model.json')
  const times: { warm: number; cold: number }[] = []
  for (let i = 0; i < 5; i++) {
    const cold = await withEngine((engine) => seconds(() => classify(engine, { path }, photos.slice(0, 1))))
    const warm = await withEngine(async (engine) => {
      await engine.connect()['engine.diagnose']({})
      return seconds(() => classify(engine, { path }, photos.slice(0, 1)))
    })
    times.push({ warm, cold })
  }
  const least = (of: 'warm' | 'cold'): number => Math.min(...times.map((time) => time[of]))
  return [
    { what: 'warm engine to the first photo, MobileNet 0.25', value: least('warm'), unit: 's', budget: '≤ 1.5 s' },
    { what: 'the same with the start of the compute process', value: least('cold'), unit: 's' },
  ]
}

async function memoryRows(photos: readonly string[]): Promise<Row[]> {
  const model = networks.find(({ name }) => name === 'vgg16')!.request
  return withEngine(async (engine) => {
    const client = engine.connect()
    await client['engine.diagnose']({})
    const peak = new MemoryPeak(engine.computePid!)
    try {
      await classify(engine, model, photos.slice(0, 1))
      const loaded = peak.megabytes
      await client['explanation.compute']({ model, image: photos[0]!, method: 'gradcam' })
      const explained = peak.megabytes
      if (loaded === null || explained === null) return []
      return [
        { what: 'VGG16 loaded and used, peak of anonymous memory', value: loaded, unit: 'MB', budget: '≤ 1300 MB' },
        { what: 'and Grad-CAM', value: explained, unit: 'MB', budget: '≤ 1500 MB' },
      ]
    } finally {
      peak.stop()
    }
  })
}

async function throughputRows({ label, name, request, budget }: Network, photos: readonly string[]): Promise<Row[]> {
  const python = process.env['OBALEX_BENCH_PYTHON']
  const keras = python === undefined ? null : await startKeras(python, { network: name, weights: request.path, photos })
  try {
    return await withEngine(async (engine) => {
      await classify(engine, request, photos)
      const ours: Round[] = []
      const theirs: Round[] = []
      for (let i = 0; i < nRounds; i++) {
        ours.push(await ourRound(engine, request, photos))
        if (keras) theirs.push(await keras.round())
      }
      return roundRows(label, { ours, theirs, budget })
    })
  } finally {
    await keras?.stop()
  }
}

type Engine = ReturnType<typeof createEngine>

async function classify(engine: Engine, model: ModelRequest, photos: readonly string[]): Promise<number[]> {
  const { images } = await engine.connect()['classifier.classify']({ model, images: [...photos], nTop: 1 })
  return images.map(({ top }) => top[0]!.index)
}

async function ourRound(engine: Engine, model: ModelRequest, photos: readonly string[]): Promise<Round> {
  const cpu = (): number =>
    process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6 + (cpuSecondsOf(engine.computePid!) ?? NaN)
  const [start, cpuStart] = [performance.now(), cpu()]
  const top = await classify(engine, model, photos)
  return { top, seconds: (performance.now() - start) / 1000, cpuSeconds: cpu() - cpuStart }
}

function roundRows(
  label: string,
  {
    ours,
    theirs,
    budget,
  }: { readonly ours: readonly Round[]; readonly theirs: readonly Round[]; readonly budget: string },
): Row[] {
  const quietest = (rounds: readonly Round[], of: 'seconds' | 'cpuSeconds'): number =>
    Math.min(...rounds.map((round) => round[of]))
  const rows: Row[] = [
    { what: `${label}, ours`, value: nPhotos / quietest(ours, 'seconds'), unit: 'photos/s' },
    {
      what: `${label}, ours, processor time`,
      value: (1000 * quietest(ours, 'cpuSeconds')) / nPhotos,
      unit: 'ms a photo',
    },
  ]
  if (theirs.length === 0) return rows
  const agree = ours[0]!.top.filter((index, i) => index === theirs[0]!.top[i]).length
  return [
    ...rows,
    { what: `${label}, Keras`, value: nPhotos / quietest(theirs, 'seconds'), unit: 'photos/s' },
    {
      what: `${label}, Keras ÷ ours, time`,
      value: quietest(theirs, 'seconds') / quietest(ours, 'seconds'),
      unit: '×',
      budget,
      note: `the same class for ${agree} of ${nPhotos}`,
    },
    {
      what: `${label}, Keras ÷ ours, processor time`,
      value: quietest(theirs, 'cpuSeconds') / quietest(ours, 'cpuSeconds'),
      unit: '×',
    },
  ]
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

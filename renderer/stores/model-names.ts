import type {
  CatalogueState,
  ClassifierEntry,
  DetectorEntry,
  TransferProgress,
} from '#common/contract/procedures/catalogue.ts'
import type { ArchitectureRequest, Preprocessing } from '#common/contract/procedures/models.ts'
import type { Speed } from '#common/contract/procedures/runtimes.ts'
import { methodName } from '../components/methods.ts'
import { text, type MessageKey } from '../messages/i18n.ts'
import { formatBytes, formatDuration, formatPace } from '../messages/numbers.ts'

const networks = { vgg16: 'VGG16', resnet50: 'ResNet50', mobilenet: 'MobileNet' } as const

/** A network by its name in papers: `MobileNet 0.25`. */
export function networkName({ name, alpha }: Pick<ArchitectureRequest, 'name' | 'alpha'>): string {
  return name === 'mobilenet' ? `${networks[name]} ${alpha === 1 ? '1.0' : alpha}` : networks[name]
}

/** An entry of the catalogue: `VGG16, ImageNet`. */
export function modelName(entry: Pick<ClassifierEntry, 'architecture'> | Pick<DetectorEntry, 'detector'>): string {
  if ('detector' in entry) return text('models.detector', { name: entry.detector.name })
  const name = networkName(entry.architecture)
  return text(entry.architecture.top ? 'models.withClasses' : 'models.withoutClasses', { name })
}

const preprocessings = {
  caffe: 'preprocess.caffe',
  tf: 'preprocess.tf',
  torch: 'preprocess.torch',
  unit: 'preprocess.unit',
  none: 'preprocess.none',
} as const satisfies Record<Preprocessing, MessageKey>

export function preprocessingName(preprocess: Preprocessing): string {
  return text(preprocessings[preprocess])
}

/** What there is of an entry on this machine, one sentence or two. */
export function stateInWords(state: CatalogueState, bytes: number | null): string {
  switch (state.kind) {
    case 'absent':
      return text(bytes === null ? 'models.absentUnknown' : 'models.absent')
    case 'partial':
      if (state.isUnderWay) return text('models.elsewhere')
      return bytes === null
        ? text('models.partialUnknown', { done: formatBytes(state.bytes) })
        : text('models.partial', { done: formatBytes(state.bytes), total: formatBytes(bytes) })
    case 'present': {
      const checked = text(state.verifiedBy === 'hash' ? 'models.byHash' : 'models.byStructure')
      return state.isOwn ? checked : `${checked} ${text('models.own')}`
    }
    case 'bad':
      return text(`models.${state.reason}`)
  }
}

/** How far a download is: `120 MB of 528 MB, 12 MB/s, 40 s left`. */
export function transferInWords(progress: TransferProgress | null): string {
  if (progress === null) return text('models.starting')
  const { done, total, bytesPerSecond, etaMs, step } = progress
  if (step === 'verifying') return text('models.checking')
  return [
    total === null ? formatBytes(done) : text('models.of', { done: formatBytes(done), total: formatBytes(total) }),
    bytesPerSecond === null ? null : text('models.speed', { value: formatBytes(bytesPerSecond) }),
    etaMs === null ? null : text('models.left', { time: formatDuration(etaMs) }),
  ]
    .filter((part) => part !== null)
    .join(', ')
}

const runtimeNames: Readonly<Record<string, MessageKey>> = {
  onnx: 'runtime.onnx',
  tensorflow: 'runtime.tensorflow',
  wasm: 'runtime.wasm',
}

/** How long a photo took at one kind of work, and where: `Grad-CAM, standard: 24 ms a photo (ONNX Runtime)`. */
export function speedInWords({ work, runtime, secondsPerImage }: Speed): string {
  const [method, variant] = work.split(' ') as [string, string?]
  const where = runtime
    .split('+')
    .map((id) => (runtimeNames[id] === undefined ? id : text(runtimeNames[id])))
    .join(', ')
  const what = workName(method) ?? [methodName(method), variant].join(', ')
  return text('models.card.pace', { what, pace: formatPace(secondsPerImage * 1000), where })
}

function workName(work: string): string | null {
  if (work === 'predict') return text('models.card.prediction')
  return work === 'detect' ? text('models.card.detection') : null
}

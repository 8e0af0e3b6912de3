import type { Command } from 'commander'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { EngineClient } from '#common/contract/index.ts'
import type { Failure } from '#common/contract/procedures/common.ts'
import type { DetectorRequest } from '#common/contract/procedures/detecting.ts'
import { runtimePreferences, type RuntimePreference } from '#common/contract/procedures/models.ts'
import { detectorSpeedKey } from '#common/runtime/detector-speed.ts'
import { writeAside } from '#main/files/write-aside.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { detectorRequest } from '../detector-options.ts'
import { statusOfFailures, type ExitStatus } from '../exit.ts'
import { choice, numberOf } from '../option-values.ts'
import { printable } from '../printable.ts'
import { counted, decimal, pairs } from '../table.ts'
import { detectWords } from '../tell-estimate.ts'

interface Options extends CommonOptions {
  readonly model?: string
  readonly architecture?: 'maskrcnn'
  readonly weights?: string
  readonly config?: string
  readonly minScore?: number
  readonly runtime: RuntimePreference
  readonly format: 'coco' | 'labelme' | 'png'
  readonly out?: string
}

type Detected = Awaited<ReturnType<EngineClient['detector.detect']>>['images'][number]

/** Photos in one call: a failure of the program then loses no more than these. */
const pageSize = 20

export function addDetect(program: Command, run: RunCommand): void {
  const command = program
    .command('detect')
    .summary('find objects in images, with their masks')
    .description('Find objects in images, each with its class, score, box and mask, as COCO results.')
    .argument('<image...>', 'JPEG, PNG, WebP, TIFF, BMP or GIF files')
    .option('--model <file>', 'an .onnx: Mask R-CNN of torchvision or of the ONNX model zoo')
    .addOption(choice('--architecture <name>', 'the network that weights belong to', ['maskrcnn']))
    .option('--weights <file>', 'a Keras .h5 of Matterport’s Mask R-CNN, such as mask_rcnn_coco.h5')
    .option('--config <file>', 'JSON with fields of Matterport’s Config; what it leaves out is COCO’s')
    .option('--min-score <share>', 'least score, else what the configuration says', numberOf(z.number().min(0).max(1)))
    .addOption(choice('--runtime <name>', 'what computes it', runtimePreferences).default('auto'))
    .addOption(choice('--format <name>', 'how they are written with --out', ['coco', 'labelme', 'png']).default('coco'))
    .option('--out <path>', 'coco: the JSON file to write the results to; else the folder')
    .action((images: string[], options: Options, command: Command) =>
      run(command, async (context) => {
        if (options.format !== 'coco') return writeFormat(context, images, options)
        const failures: Failure[] = []
        const found = await detectAll(context, images, options, failures)
        const results = found.flatMap(resultsOf)
        if (options.out === undefined) await context.output.document(results, () => found.flatMap(describe))
        else {
          await writeResults(options.out, results)
          const written = { path: options.out, images: found.length, objects: results.length }
          await context.output.document(written, () => pairs([['written', wordsOf(written)]]))
        }
        return statusOfFailures(failures, found.length)
      }),
    )
  addOutputOptions(command)
  addExample(
    command,
    'obalex detect --architecture maskrcnn --weights mask_rcnn_coco.h5 cat.jpg',
    'obalex detect --architecture maskrcnn --weights balloon.h5 --config balloon.json --json *.jpg',
    'obalex detect --model maskrcnn_resnet50_fpn.onnx --min-score 0.5 --out results.json *.jpg',
    'obalex detect --model maskrcnn_resnet50_fpn.onnx --format labelme --out masks *.jpg',
  )
}

/** Writes what is found for another program. @returns the exit status */
async function writeFormat(context: CommandContext, images: readonly string[], options: Options): Promise<ExitStatus> {
  const { format, out, minScore = null } = options
  if (out === undefined)
    throw new AppError('request.usage', `--format ${format} needs a folder`, { hint: 'Give --out DIR.' })
  const { engine, messages, output, signal } = context
  const detector = requestOf(options)
  await tellLearned(context, detector, images.length)
  const result = await engine['detector.detect'](
    { detector, images: [...images], minScore, write: { format, out } },
    { signal, onEvent: messages.progress },
  )
  const { files, instances, losses } = result.written!
  messages.failures(result.failures)
  for (const { what, n } of losses) messages.note(`What the format cannot hold: ${what} (${n}).`)
  const written = { path: files[0] ?? out, images: result.images.length, objects: instances }
  await output.document(written, () => pairs([['written', wordsOf(written)]]))
  return statusOfFailures(result.failures, result.images.length)
}

/** @param failures takes the images that could not be done */
async function detectAll(
  context: CommandContext,
  images: readonly string[],
  options: Options,
  failures: Failure[],
): Promise<Detected[]> {
  const { engine, messages, signal } = context
  const detector = requestOf(options)
  const { minScore } = options
  const found: Detected[] = []
  // where nothing else tells it, the first of several images tells how long the others will take
  const isTiming = !(await tellLearned(context, detector, images.length)) && images.length > 2
  for (let start = 0; start < images.length;) {
    const page = images.slice(start, start + (isTiming && start === 0 ? 1 : pageSize))
    const startedAt = performance.now()
    const result = await engine['detector.detect'](
      { detector, images: page, minScore: minScore ?? null },
      {
        signal,
        onEvent: (progress) =>
          messages.progress({ ...progress, done: start + progress.done, total: images.length, etaMs: null }),
      },
    )
    messages.failures(result.failures)
    failures.push(...result.failures)
    found.push(...result.images)
    start += page.length
    if (isTiming && start === 1 && result.images.length === 1) {
      const left = images.length - 1
      messages.note(detectWords(left, (left * (performance.now() - startedAt)) / 1000))
    }
  }
  return found
}

/** Loads a detector and says how long it will take by what ran here before. @returns whether anything did */
async function tellLearned(
  { engine, signal, messages }: CommandContext,
  detector: DetectorRequest,
  nImages: number,
): Promise<boolean> {
  messages.progress({ step: 'loading the detector', done: 0, total: null, etaMs: null })
  const key = detectorSpeedKey(await engine['detector.describe']({ detector }, { signal }))
  const { speeds } = await engine['runtime.speeds']({}, { signal })
  const known = speeds.find(
    ({ sha256, runtime, work }) => sha256 === key.sha256 && runtime === key.runtime && work === key.work,
  )
  if (known !== undefined) messages.note(detectWords(nImages, nImages * known.secondsPerImage))
  return known !== undefined
}

/** @throws AppError 'request.usage' where it is not clear which detector is meant */
function requestOf({ model, architecture, weights, config, runtime }: Options): DetectorRequest {
  if (model !== undefined && architecture === undefined && weights === undefined && config === undefined) {
    return { ...detectorRequest({ path: model, runtime }), architecture: 'onnx' }
  }
  if (model === undefined && architecture !== undefined && weights !== undefined) {
    return { ...detectorRequest({ path: weights, config, runtime }), architecture }
  }
  throw new AppError('request.usage', 'it is not clear which detector is to be used', {
    hint: 'Give --model FILE.onnx, or --architecture maskrcnn with --weights FILE.h5 (and --config FILE.json).',
  })
}

/** As COCO has results, with the image's name in place of its id. */
function resultsOf({ file, detections }: Detected): object[] {
  return detections.map(({ category, categoryId, score, bbox, segmentation }) => ({
    ...{ image: file, category_id: categoryId, category, score, bbox, segmentation },
  }))
}

function writeResults(path: string, results: readonly object[]): Promise<void> {
  return writeAside(path, `[${results.map((result) => `\n${JSON.stringify(result)}`).join(',')}\n]\n`)
}

function wordsOf({ path, images, objects }: { path: string; images: number; objects: number }): string {
  return `${path} (${counted(objects, 'object')} in ${counted(images, 'image')})`
}

function describe({ file, detections }: Detected): string[] {
  const lines = detections.map(({ category, score, bbox }) => {
    const [x, y, width, height] = bbox.map(Math.round)
    return `  ${decimal(score)}  ${category}  ${width}×${height} at ${x}, ${y}`
  })
  return [file, ...(lines.length > 0 ? lines : ['  nothing'])].map(printable)
}

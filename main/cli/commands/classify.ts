import type { Command } from 'commander'
import type { EngineClient } from '#common/contract/index.ts'
import type { Failure, Progress } from '#common/contract/procedures/common.ts'
import type { ModelRequest } from '#common/contract/procedures/models.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { statusOfFailures } from '../exit.ts'
import { addModelOptions, modelKinds, modelRequest, type ModelOptions } from '../model-options.ts'
import { decimal } from '../table.ts'
import { printable } from '../printable.ts'
import { printRows } from '../rows.ts'

interface Options extends ModelOptions, CommonOptions {
  readonly model: string
  readonly all?: true
}

type Result = Awaited<ReturnType<EngineClient['classifier.classify']>>
type Classified = Result['images'][number]

/** Images in one call: their results are printed before the next ones, so that memory does not grow with their number. */
const pageSize = 200

export function addClassify(program: Command, run: RunCommand): void {
  const command = program
    .command('classify')
    .summary('say what a classifier sees in images')
    .description('Say what a classifier sees in images: its best classes with their probabilities.')
    .argument('<image...>', 'JPEG, PNG, WebP, TIFF, BMP or GIF files')
    .requiredOption('--model <file>', modelKinds)
    .option('--all', 'every class, not only the five best')
    .action((images: string[], options: Options, command: Command) =>
      run(command, async (context) => {
        const model = await modelRequest(options.model, options)
        const failures: Failure[] = []
        const pages = classifiedPages(context, { model, images, nTop: options.all ? null : 5 }, failures)
        const text = (rows: readonly Classified[]): string[] => rows.flatMap(describe)
        const nDone = await printRows(context.output, pages, {
          key: 'images',
          text: () => text,
          rest: () => ({ failures }),
        })
        return statusOfFailures(failures, nDone)
      }),
    )
  addModelOptions(command)
  addOutputOptions(command, ['jsonl'])
  addExample(
    command,
    'obalex classify --model mobilenet/model.json cat.jpg dog.jpg',
    'obalex classify --model pets.onnx --preprocess tf --labels pets.txt --json *.jpg',
  )
}

interface Request {
  readonly model: ModelRequest
  readonly images: readonly string[]
  readonly nTop: number | null
}

/** @param failures takes the images that could not be done */
async function* classifiedPages(
  { engine, messages, signal }: CommandContext,
  { model, images, nTop }: Request,
  failures: Failure[],
): AsyncGenerator<Classified[]> {
  for (let start = 0; start < images.length; start += pageSize) {
    const page = images.slice(start, start + pageSize)
    const onEvent = (progress: Progress): void => messages.progress(ofAll(progress, start, images.length))
    const result = await engine['classifier.classify']({ model, images: page, nTop }, { signal, onEvent })
    if (start === 0) for (const note of result.classifier.notes) messages.note(note)
    messages.failures(result.failures)
    failures.push(...result.failures)
    yield nTop === null ? result.images.map(withProbabilities) : result.images
  }
}

/** The progress of one page as the progress of all images, at the same pace. */
function ofAll({ step, done, total, etaMs }: Progress, start: number, nImages: number): Progress {
  const left = (total ?? 0) - done
  const pace = etaMs === null || left === 0 ? null : etaMs / left
  return { step, done: start + done, total: nImages, etaMs: pace === null ? null : pace * (nImages - start - done) }
}

/** Adds the probabilities in the order of the classes. */
function withProbabilities(image: Classified): Classified & { readonly probabilities: readonly number[] } {
  const probabilities = new Array<number>(image.top.length)
  for (const { index, probability } of image.top) probabilities[index] = probability
  return { ...image, probabilities }
}

function describe({ file, top }: Classified): string[] {
  const lines = top.map(({ index, label, probability }) => `  ${decimal(probability)}  ${label ?? `class ${index}`}`)
  return [file, ...lines].map(printable)
}

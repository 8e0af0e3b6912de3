import { resolve } from 'node:path'
import type { Command } from 'commander'
import { AppError } from '#common/contract/errors.ts'
import type { EngineClient } from '#common/contract/index.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { RunSpec, type ScoreAverage } from '#common/contract/procedures/running.ts'
import { averageColumns } from '../average-columns.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { statusOfFailures } from '../exit.ts'
import { methodIds } from '../method-options.ts'
import { addModelOptions, modelRequest, type ModelOptions } from '../model-options.ts'
import { listOf, numberOf, variantOption } from '../option-values.ts'
import { tableOf } from '../rows.ts'
import { withProject } from '../with-project.ts'

interface Options extends ModelOptions, CommonOptions {
  readonly models: readonly string[]
  readonly methods: readonly string[]
  readonly variant: Variant
  readonly maskVariant: Variant
  readonly classMap?: string
  readonly limit?: number
  readonly split?: string
}

type RunEnd = Awaited<ReturnType<EngineClient['job.watch']>>
type Spec = Parameters<EngineClient['run.start']>[0]['spec']

export function addRun(program: Command, run: RunCommand): void {
  const command = program
    .command('run')
    .summary('classify, explain and score all its images')
    .description(
      'Classify, explain and score every image of a project, and print the average scores. ' +
        'What was stopped goes on where it was when the same command is given again.',
    )
    .argument('<project>', 'a project file')
    .requiredOption('--models <files>', 'model files, separated by commas; model options are for all of them', listOf)
    .requiredOption('--methods <names>', `explanation methods, separated by commas: ${methodIds.join(', ')}`, listOf)
    .addOption(
      variantOption('--variant <name>', 'methods as their own papers have them, or as the ObAlEx paper ran them'),
    )
    .addOption(
      variantOption('--mask-variant <name>', 'masks brought to the map by coverage, or as the ObAlEx paper did'),
    )
    .option('--class-map <file>', 'JSON that says which classes and categories mean which label (default: a guess)')
    .option('--limit <n>', 'only the first images', numberOf(RunSpec.shape.limit.unwrap().unwrap()))
    .option('--split <name>', 'only images of this split, such as test')
    .action((path: string, options: Options, command: Command) =>
      run(command, async (context) => {
        const spec = await runSpec(options)
        const end = await withProject(context, { path, mode: 'write' }, (project) => follow(context, project, spec))
        return report(context, end)
      }),
    )
  addModelOptions(command)
  addOutputOptions(command)
  addExample(command, 'obalex run pets.obalex --models mobilenet/model.json --methods occlusion,gradcam')
}

async function runSpec(options: Options): Promise<Spec> {
  const { models, methods, variant, maskVariant, classMap, limit = null, split = null } = options
  return {
    models: await Promise.all(models.map((path) => modelRequest(path, options))),
    methods: methods.map((method) => ({ method })),
    variant,
    maskVariant,
    limit,
    split,
    // absolute: a run is taken up again only if it asks for the same
    classMap: classMap === undefined ? null : resolve(classMap),
  }
}

/** Starts the run and follows it to its end; Ctrl+C stops the job after the image under way. */
async function follow({ engine, signal, messages }: CommandContext, project: number, spec: Spec): Promise<RunEnd> {
  const { job } = await engine['run.start']({ project, spec }, { signal })
  let stopped: Promise<unknown> = Promise.resolve()
  const stop = (): void => {
    stopped = engine['job.cancel']({ project, job })
  }
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await engine['job.watch']({ project, job }, { onEvent: messages.progress })
  } finally {
    signal.removeEventListener('abort', stop)
    await stopped
  }
}

async function report({ output, messages }: CommandContext, end: RunEnd): Promise<ReturnType<typeof statusOfFailures>> {
  const { state, results, failures, notes } = end
  if (state !== 'done') {
    throw new AppError('aborted', 'the run was stopped', {
      hint: 'What was done is kept; the same command goes on from there.',
    })
  }
  for (const note of notes) messages.note(note)
  await output.document({ results: results.map(documentOf), failures }, () =>
    results.length === 0 ? ['There is nothing to average.'] : tableOf(averageColumns)()(results),
  )
  messages.failures(failures)
  return statusOfFailures(failures, results.length)
}

function documentOf(row: ScoreAverage): Omit<ScoreAverage, 'options' | 'maskVariant' | 'lift'> {
  const { model, method, variant, accuracy, avgObalex, interval, n, areaShare, excluded } = row
  return { model, method, variant, accuracy, avgObalex, interval, n, areaShare, excluded }
}

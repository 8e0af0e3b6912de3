import { resolve } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { EngineClient } from '#common/contract/index.ts'
import type { Failure, Variant } from '#common/contract/procedures/common.ts'
import { RunSpec } from '#common/contract/procedures/running.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { detectorRequest } from '../detector-options.ts'
import { statusOfFailures } from '../exit.ts'
import { followJob } from '../follow-job.ts'
import { followRun, scoreRows, scoreTable } from '../follow-run.ts'
import { addMethodOptions, methodIds, methodLines, methodsWithOptions } from '../method-options.ts'
import { addModelOptions, modelRequest, type ModelOptions } from '../model-options.ts'
import { defined, listOf, numberOf, variantOption } from '../option-values.ts'
import { tellDetectEstimate, tellRunEstimate } from '../tell-estimate.ts'
import { withProject } from '../with-project.ts'

interface Options extends ModelOptions, CommonOptions {
  readonly models: readonly string[]
  readonly methods: readonly string[]
  readonly variant: Variant
  readonly maskVariant: Variant
  readonly classMap?: string
  readonly limit?: number
  readonly split?: string
  readonly detector?: string
  readonly detectorConfig?: string
  readonly minScore?: number
}

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
    .option('--detector <file>', 'first find objects in images without a mask: an .onnx or a .h5, as “obalex detect”')
    .option('--detector-config <file>', 'its configuration, JSON with fields of Matterport’s Config')
    .option('--min-score <share>', 'least score of its objects', numberOf(z.number().min(0).max(1)))
    .option('--seed <number>', 'start of the random numbers, for methods that draw some', numberOf(z.int().min(0)))
    .action((path: string, options: Options, command: Command) =>
      run(command, async (context) => {
        const spec = await runSpec(options)
        const { output, messages } = context
        const { results, failures } = await withProject(context, { path, mode: 'write' }, async (project) => {
          const undetected = await findObjects(context, project, options)
          await tellRunEstimate(context, project, spec)
          const run = await followRun(context, project, spec)
          return { ...run, failures: [...undetected, ...run.failures] }
        })
        await output.document({ results: scoreRows(results), failures }, () => scoreTable(results))
        messages.failures(failures)
        return statusOfFailures(failures, results.length)
      }),
    )
  addMethodOptions(addModelOptions(command))
  addOutputOptions(command)
  command.addHelpText('after', ['', 'Methods (each takes the method options that it has):', ...methodLines].join('\n'))
  addExample(command, 'obalex run pets.obalex --models mobilenet/model.json --methods occlusion,gradcam --patch 16')
}

/** Masks for the images that have none, where a detector is given. @returns the images that could not be done */
async function findObjects(
  context: CommandContext,
  project: number,
  { detector, detectorConfig, minScore, limit, split }: Options,
): Promise<readonly Failure[]> {
  if (detector === undefined) {
    if (detectorConfig === undefined && minScore === undefined) return []
    throw new AppError('request.usage', '--detector-config and --min-score are for --detector')
  }
  const { engine, signal, messages } = context
  const request = detectorRequest({ path: detector, config: detectorConfig })
  const spec = { detector: request, ...defined({ minScore, limit, split }) }
  await tellDetectEstimate(context, project, spec)
  const { job } = await engine['detect.start']({ project, spec }, { signal })
  const watching = { onEvent: messages.progress }
  return (await followJob(context, { project, job }, () => engine['detect.watch']({ project, job }, watching))).failures
}

/** A layer belongs to the card of every model of the run; a seed may be in any script. */
const sharedOptions = ['layer', 'seed']

async function runSpec(options: Options): Promise<Spec> {
  const { models, methods, variant, maskVariant, classMap, limit = null, split = null } = options
  return {
    models: await Promise.all(models.map((path) => modelRequest(path, options))),
    methods: methodsWithOptions(methods, { ...options, layer: undefined }, sharedOptions),
    variant,
    maskVariant,
    limit,
    split,
    // absolute: a run is taken up again only if it asks for the same
    classMap: classMap === undefined ? null : resolve(classMap),
  }
}

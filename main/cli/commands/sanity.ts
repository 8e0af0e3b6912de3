import type { Command } from 'commander'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { EngineClient } from '#common/contract/index.ts'
import type { RandomisedWeights } from '#common/contract/procedures/checking.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { addMethodOptions, methodIds, methodLines, methodOptions } from '../method-options.ts'
import { addModelOptions, modelKinds, modelRequest, type ModelOptions } from '../model-options.ts'
import { choice, numberOf, variantOption } from '../option-values.ts'
import { decimal, pairs, TextTable, type Cell } from '../table.ts'
import { withProject } from '../with-project.ts'

interface Options extends ModelOptions, CommonOptions {
  readonly image: string
  readonly model: string
  readonly method: string
  readonly variant: Variant
  readonly maskVariant: Variant
  readonly class?: number
  readonly seeds: number
}

type Checked = Awaited<ReturnType<EngineClient['explanation.check']>>

const pageSize = 2000

export function addSanity(program: Command, run: RunCommand): void {
  const command = program
    .command('sanity')
    .summary('ask whether an explanation is one')
    .description(
      'Ask of the explanation of one image whether it is one: whether it changes when the weights of the classifier ' +
        'are random, how far its score moves between seeds, and what maps score that never saw the classifier. ' +
        'Nothing is stored.',
    )
    .argument('<project>', 'a project file')
    .requiredOption('--image <file>', 'an image of the project, as it is listed')
    .requiredOption('--model <file>', modelKinds)
    .addOption(choice('--method <name>', 'how the evidence is found', methodIds).makeOptionMandatory())
    .addOption(variantOption('--variant <name>', 'as the method’s own paper has it, or as the ObAlEx paper ran it'))
    .addOption(
      variantOption('--mask-variant <name>', 'masks brought to the map by coverage, or as the ObAlEx paper did'),
    )
    .option('--class <number>', 'the class to explain (default: the one it sees)', numberOf(z.int().min(0)))
    .option(
      '--seeds <n>',
      'how many seeds are tried, for methods that draw random numbers',
      numberOf(z.int().min(1).max(50)),
      5,
    )
    .action((path: string, options: Options, command: Command) =>
      run(command, async (context) => {
        const { engine, output, messages, signal } = context
        const { image, method, variant, maskVariant, seeds: nSeeds } = options
        const request = {
          model: await modelRequest(options.model, options),
          options: methodOptions(method, { ...options }, ['layer', 'seed']),
          ...{ method, variant, maskVariant, nSeeds },
          classIndex: options.class ?? null,
        }
        const checked = await withProject(context, { path, mode: 'read' }, async (project) =>
          engine['explanation.check'](
            { project, image: await findImage(context, project, image), ...request },
            { signal, onEvent: messages.progress },
          ),
        )
        if (checked.obstacle !== null) messages.note(checked.obstacle)
        await output.document(documentOf(checked, image), () => describe(checked, image))
        return exitStatus.done
      }),
    )
  addMethodOptions(addModelOptions(command))
  addOutputOptions(command)
  command.addHelpText('after', ['', 'Methods:', ...methodLines].join('\n'))
  addExample(
    command,
    'obalex sanity pets.obalex --image cats/Persian_106.jpg --model mobilenet/model.json --method gradcam',
  )
}

/** @throws AppError 'record.missing', 'request.usage' */
async function findImage({ engine, signal }: CommandContext, project: number, file: string): Promise<number> {
  const found: number[] = []
  for (let after: number | null = null; ;) {
    const page: Awaited<ReturnType<EngineClient['images.list']>> = await engine['images.list'](
      { project, after, limit: pageSize },
      { signal },
    )
    found.push(...page.images.filter((image) => image.file === file).map(({ id }) => id))
    after = page.next
    if (after === null) break
  }
  if (found.length === 1) return found[0]!
  if (found.length > 1) {
    throw new AppError('request.usage', `the project has ${found.length} images ${file}, from several folders`)
  }
  throw new AppError('record.missing', `the project has no image ${file}`, {
    hint: 'Name it below the folder that it was imported from, as “obalex scores” lists it.',
  })
}

function documentOf(checked: Checked, image: string): object {
  const { model, method, variant, maskVariant, classIndex, classLabel, map, obstacle, seeds, baselines } = checked
  return {
    ...{ image, model, method, variant, maskVariant, class: classIndex, label: classLabel, score: map.score },
    randomised: checked.randomised.map(({ weights, score, rankCorrelation, ssim }) => ({
      ...{ weights, score, rankCorrelation, ssim },
    })),
    ...{ obstacle, seeds, baselines },
  }
}

const weightWords: Readonly<Record<RandomisedWeights, string>> = {
  top: 'its top layer at random',
  all: 'all its weights at random',
}

function describe(checked: Checked, image: string): string[] {
  const { model, method, variant, classIndex, classLabel, map, randomised, seeds, baselines } = checked
  const table = new TextTable(['map of', 'ObAlEx', 'rank correlation', 'SSIM'])
  const rows: Cell[][] = [
    ['the classifier', decimal(map.score.obalex), null, null],
    ...randomised.map(({ weights, score, rankCorrelation, ssim }) => [
      ...[weightWords[weights], decimal(score.obalex), decimal(rankCorrelation), decimal(ssim)],
    ]),
    ['the same everywhere', decimal(baselines.uniform.obalex), null, null],
    ['the edges of the photo', decimal(baselines.edges.obalex), null, null],
  ]
  return [
    ...pairs([
      ['image', image],
      ['classifier', model],
      ['class', `${classIndex} ${classLabel}`],
      ['method', `${method}, variant ${variant}`],
      ...(seeds === null ? [] : [['seeds', seedText(seeds)] as const]),
    ]),
    '',
    ...table.lines(rows),
  ]
}

function seedText({ scores, min, max, mean, sd }: NonNullable<Checked['seeds']>): string {
  return `ObAlEx ${decimal(min)} to ${decimal(max)} with ${scores.length}, mean ${decimal(mean)}, standard deviation ${decimal(sd)}`
}

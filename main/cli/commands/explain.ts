import type { Command } from 'commander'
import { z } from 'zod'
import type { EngineClient } from '#common/contract/index.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { addMethodOptions, methodIds, methodLines, methodOptions } from '../method-options.ts'
import { addModelOptions, modelKinds, modelRequest, type ModelOptions } from '../model-options.ts'
import { choice, defined, numberOf, variantOption } from '../option-values.ts'
import { decimal, pairs } from '../table.ts'

interface Options extends ModelOptions, CommonOptions {
  readonly model: string
  readonly method: string
  readonly variant: Variant
  readonly class?: number
  readonly against?: number
  readonly out?: string
  readonly native?: string
  readonly png?: string
}

type Explained = Awaited<ReturnType<EngineClient['explanation.compute']>>

/** Options of a method that also mean something without it: a layer belongs to the card, a seed may be in any script. */
const sharedOptions = ['layer', 'seed']

export function addExplain(program: Command, run: RunCommand): void {
  const command = program
    .command('explain')
    .summary('show where in an image it finds its evidence')
    .description('Show where in an image a classifier finds its evidence for a class: a map at its input size.')
    .argument('<image>', 'a JPEG, PNG, WebP, TIFF, BMP or GIF file')
    .requiredOption('--model <file>', modelKinds)
    .addOption(choice('--method <name>', 'how the evidence is found', methodIds).makeOptionMandatory())
    .addOption(variantOption('--variant <name>', 'as the method’s own paper has it, or as the ObAlEx paper ran it'))
    .option('--class <number>', 'the class to explain (default: the one it sees)', numberOf(z.int().min(0)))
    .option('--against <number>', 'how far that class is above this one, instead of it alone', numberOf(z.int().min(0)))
    .option('--seed <number>', 'start of the random numbers, for methods that draw some', numberOf(z.int().min(0)))
    .option('--out <file.npy>', 'write the map as a NumPy array of float32')
    .option(
      '--native <file.npy>',
      'write what the method itself computed: its grid, or of every pixel its segment’s weight',
    )
    .option('--png <file.png>', 'write the map as colours over the image')
    .action((image: string, options: Options, command: Command) =>
      run(command, async ({ engine, output, messages, signal }) => {
        const { method, variant, out, native, png } = options
        const result = await engine['explanation.compute'](
          {
            options: methodOptions(method, { ...options }, sharedOptions),
            model: await modelRequest(options.model, options),
            image,
            method,
            variant,
            classIndex: options.class ?? null,
            against: options.against ?? null,
            files: defined({ map: out, native, overlay: png }),
          },
          { signal, onEvent: messages.progress },
        )
        for (const note of result.classifier.notes) messages.note(note)
        const written = [out, native, png].filter((file) => file !== undefined)
        await output.document(documentOf(result), () => describe(result, written))
        return exitStatus.done
      }),
    )
  addMethodOptions(addModelOptions(command))
  addOutputOptions(command)
  command.addHelpText('after', ['', 'Methods:', ...methodLines].join('\n'))
  addExample(command, 'obalex explain --model mobilenet/model.json --method occlusion --png overlay.png cat.jpg')
}

/** `against` only where it was asked for. */
function documentOf(result: Explained): Partial<Explained> {
  const { method, variant, class: index, label, against, probability, shape, min, max, sum, seconds, native } = result
  const difference = against === null ? {} : { against }
  return { method, variant, class: index, label, ...difference, probability, shape, min, max, sum, seconds, native }
}

function describe(result: Explained, written: readonly string[]): string[] {
  const { method, variant, label, against, probability, shape, min, max, sum, seconds, native } = result
  const size = ([height, width]: readonly [number, number]): string => `${width} × ${height}`
  return pairs([
    ['class', `${result.class}${label === null ? '' : ` ${label}`}, probability ${decimal(probability)}`],
    ...(against === null ? [] : [['against', `class ${against}`] as const]),
    ['method', `${method}, variant ${variant}`],
    ['map', `${size(shape)}, from ${decimal(min)} to ${decimal(max)}, sum ${decimal(sum, 1)}`],
    [
      'before resizing',
      `${native.kind} of ${size(native.shape)}, from ${decimal(native.min)} to ${decimal(native.max)}`,
    ],
    ...(native.note === null ? [] : [['note', native.note] as const]),
    ['time', `${seconds.toFixed(2)} s`],
    ...written.map((file) => ['written', file] as const),
  ])
}

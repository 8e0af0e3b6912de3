import type { Command } from 'commander'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { choice } from '../option-values.ts'
import { counted, pairs } from '../table.ts'
import { withProject } from '../with-project.ts'

const maskChoices = ['machine', 'corrected', 'final'] as const

interface Options extends CommonOptions {
  readonly format: string
  readonly out: string
  readonly masks: (typeof maskChoices)[number]
}

export function addExport(program: Command, run: RunCommand): void {
  const command = program
    .command('export')
    .summary('write the masks for other programs')
    .description(
      'Write the masks of a project for other programs. What was written is read back and compared; what the format cannot hold is counted.',
    )
    .argument('<project>', 'a project file')
    .requiredOption(
      '--format <name>',
      'coco (annotations), coco-results, labelme, voc (no overlaps, 254 masks an image, no scores, no crowds), open-images or png (a PNG a mask; no scores, no crowds), cvat or yolo-seg (an outline a mask, no scores, no crowds)',
    )
    .requiredOption('--out <dir>', 'folder to write to')
    .addOption(
      choice('--masks <which>', 'as they came, only corrected ones, or the newest of each', maskChoices).default(
        'final',
      ),
    )
    .action((path: string, { format, out, masks }: Options, command: Command) =>
      run(command, async (context) => {
        const { engine, output, messages, signal } = context
        const result = await withProject(context, { path, mode: 'read' }, (project) =>
          engine['dataset.export']({ project, format, out, masks }, { signal, onEvent: messages.progress }),
        )
        await output.document(result, () => [
          ...pairs(result.files.map((file) => ['written', file] as const)),
          `${counted(result.images, 'image')}, ${counted(result.instances, 'mask')}, read back and compared`,
        ])
        if (result.emptyMasks > 0) messages.note(`${counted(result.emptyMasks, 'mask')} without any pixel left out.`)
        for (const { what, n } of result.losses) messages.note(`What the format cannot hold: ${what} (${n}).`)
        return exitStatus.done
      }),
    )
  addOutputOptions(command)
  addExample(command, 'obalex export pets.obalex --format coco --out masks')
}

import type { Command } from 'commander'
import { contract } from '#common/contract/index.ts'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { numberOf } from '../option-values.ts'
import { counted, decimal, pairs } from '../table.ts'

const maskKinds = 'a PNG (0 is background), .npy, run-length JSON or polygon JSON file'

interface ConvertOptions extends CommonOptions {
  readonly polygon?: true
}

interface IouOptions extends CommonOptions {
  readonly boundary?: number
}

export function addMask(program: Command, run: RunCommand): void {
  const group = program
    .command('mask')
    .summary('look at masks, convert and compare them')
    .description('Look at masks in files, convert and compare them.')
    .helpCommand(false)
  addInfo(group, run)
  addConvert(group, run)
  addIou(group, run)
}

function addInfo(group: Command, run: RunCommand): void {
  const command = group
    .command('info')
    .description('Say how large a mask is, where it lies, and of how many parts it is.')
    .argument('<mask>', maskKinds)
    .action((mask: string, _: CommonOptions, command: Command) =>
      run(command, async ({ engine, output, signal }) => {
        const info = await engine['mask.describe']({ mask }, { signal })
        const [x, y, width, height] = info.bbox
        await output.document(info, () =>
          pairs([
            ['size', `${info.width} × ${info.height} pixels`],
            ['area', counted(info.area, 'pixel')],
            ['box', `${width} × ${height} at ${x}, ${y}`],
            ['parts', String(info.parts)],
            ['holes', String(info.holes)],
          ]),
        )
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex mask info mask.png')
}

function addConvert(group: Command, run: RunCommand): void {
  const command = group
    .command('convert')
    .description('Write a mask in another format, by the ending of the name: .png, .npy or .json (run lengths).')
    .argument('<in>', maskKinds)
    .argument('<out>', 'the file to write')
    .option('--polygon', 'write a .json as polygons instead of run lengths; polygons have no holes')
    .action((from: string, to: string, options: ConvertOptions, command: Command) =>
      run(command, async ({ engine, output, messages, signal }) => {
        const result = await engine['mask.convert']({ from, to, polygon: options.polygon === true }, { signal })
        const { width, height, area, differs } = result
        await output.document(result, () =>
          pairs([
            ['written', to],
            ['size', `${width} × ${height} pixels`],
            ['area', counted(area, 'pixel')],
          ]),
        )
        if (differs > 0) messages.note(`${counted(differs, 'pixel')} of it cannot be said by polygons.`)
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex mask convert mask.png mask.json')
}

function addIou(group: Command, run: RunCommand): void {
  const { boundary } = contract['mask.compare'].input.shape
  const command = group
    .command('iou')
    .description('Compare two masks of the same image: overlap, overlap of their edges, what B adds and takes away.')
    .argument('<a>', maskKinds)
    .argument('<b>', 'the mask to compare it with')
    .option('--boundary <share>', 'width of the edge as a share of the diagonal', numberOf(boundary), 0.02)
    .action((a: string, b: string, options: IouOptions, command: Command) =>
      run(command, async ({ engine, output, signal }) => {
        const result = await engine['mask.compare']({ a, b, boundary: options.boundary }, { signal })
        await output.document(result, () =>
          pairs([
            ['IoU', decimal(result.iou)],
            ['Dice', decimal(result.dice)],
            ['Boundary IoU', decimal(result.boundaryIou)],
            ['added', counted(result.added, 'pixel')],
            ['removed', counted(result.removed, 'pixel')],
          ]),
        )
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex mask iou machine.png corrected.png')
}

import type { Command } from 'commander'
import { AppError } from '#common/contract/errors.ts'
import type { CatalogueRow, CatalogueState, TransferProgress } from '#common/contract/procedures/catalogue.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { pairs, TextTable } from '../table.ts'

export function addModels(program: Command, run: RunCommand): void {
  const group = program
    .command('models')
    .summary('official weights: list, download, take from the disk')
    .description(
      'The official ImageNet weights of the networks of the ObAlEx paper, and detectors: list (also without a command), download, ' +
        'take from the disk, delete. Nothing is downloaded unless “obalex models download” says so. OBALEX_HOME names the folder of the program, ' +
        'OBALEX_MODELS_URL a mirror, HTTPS_PROXY and NO_PROXY a proxy.',
    )
    .helpCommand(false)
  addList(group, run)
  addDownload(group, run)
  addAdd(group, run)
  addRemove(group, run)
}

function addList(group: Command, run: RunCommand): void {
  const command = group
    .command('list', { isDefault: true })
    .description('Say which weights there are and which of them are on this machine. Asks no network.')
    .action((_: CommonOptions, command: Command) =>
      run(command, async ({ engine, output, signal }) => {
        const listing = await engine['catalogue.list']({}, { signal })
        await output.document(listing, () => [...table(listing.models), '', `Downloads go to ${listing.folder}.`])
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex models list')
}

function addDownload(group: Command, run: RunCommand): void {
  const command = group
    .command('download')
    .description(
      'Download weights, one after the other, and verify them. What was stopped goes on where it was when the same ' +
        'command is given again.',
    )
    .argument('<id...>', 'what to download, as “obalex models” names it')
    .action((ids: string[], _: CommonOptions, command: Command) =>
      run(command, async (context) => {
        const models: CatalogueRow[] = []
        for (const id of ids) models.push(await downloadOne(context, id))
        await context.output.document({ models }, () => models.flatMap(describe))
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex models download vgg16 resnet50')
}

function addAdd(group: Command, run: RunCommand): void {
  const command = group
    .command('add')
    .description('Verify weights that are on the disk already and take them as they are, without a copy.')
    .argument('<id>', 'which weights they are, as “obalex models” names them')
    .argument('<file>', 'the .h5 or .onnx file')
    .action((id: string, file: string, _: CommonOptions, command: Command) =>
      run(command, async ({ engine, output, messages, signal }) => {
        const onEvent = (event: TransferProgress): void => messages.progress(inMegabytes(id, event))
        const model = await engine['catalogue.add']({ id, path: file }, { signal, onEvent })
        await output.document(model, () => describe(model))
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex models add vgg16 vgg16_weights_tf_dim_ordering_tf_kernels.h5')
}

function addRemove(group: Command, run: RunCommand): void {
  const command = group
    .command('remove')
    .description('Delete downloaded weights, whole or not. Weights that were added are only forgotten.')
    .argument('<id>', 'which weights, as “obalex models” names them')
    .action((id: string, _: CommonOptions, command: Command) =>
      run(command, async ({ engine, output, signal }) => {
        const model = await engine['catalogue.remove']({ id }, { signal })
        await output.document(model, () => [`The models folder has no ${id} any more.`])
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex models remove vgg16')
}

async function downloadOne({ engine, messages, signal }: CommandContext, id: string): Promise<CatalogueRow> {
  const onEvent = (event: TransferProgress): void => messages.progress(inMegabytes(id, event))
  try {
    return await engine['catalogue.download']({ id }, { signal, onEvent })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'aborted') throw error
    // the link says which call was cancelled; the user knows, and asks what became of the bytes
    throw new AppError('aborted', `the download of ${id} was stopped`, {
      hint: 'What was downloaded is kept; the same command goes on from there.',
      cause: error,
    })
  }
}

/** Bytes are no unit for people. */
function inMegabytes(id: string, { step, done, total, etaMs, bytesPerSecond }: TransferProgress): Progress {
  const speed = bytesPerSecond === null || bytesPerSecond === 0 ? '' : ` at ${megabytes(bytesPerSecond)} MB/s`
  return {
    step: `${id}, ${step}${speed}, MB`,
    done: rounded(done),
    total: total === null ? null : rounded(total),
    etaMs,
  }
}

function rounded(bytes: number): number {
  return Math.round(bytes / 1e5) / 10
}

function table(models: readonly CatalogueRow[]): string[] {
  const titles = ['id', 'MB', 'for', 'licence', 'here']
  return new TextTable(titles).lines(
    models.map(({ id, bytes: published, state, purpose, licence }) => {
      const bytes = state.kind === 'present' ? state.bytes : published
      return [id, bytes === null ? null : megabytes(bytes), purpose, licence.name, stateWords(state)]
    }),
  )
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

function stateWords(state: CatalogueState): string {
  switch (state.kind) {
    case 'absent':
      return 'no'
    case 'partial':
      return `${megabytes(state.bytes)} MB of it`
    case 'present':
      return state.path
    case 'bad':
      return `${badWords[state.reason]}: ${state.path}`
  }
}

const badWords = {
  missing: 'gone',
  changed: 'changed since it was verified',
  unverified: 'not verified; download it to have that done',
} as const

function describe(row: CatalogueRow): string[] {
  const { id, licence, source, state } = row
  if (state.kind !== 'present') return [`${id}: ${stateWords(state)}`]
  return pairs([
    [id, state.path],
    ['SHA-256', state.sha256],
    ['verified', state.verifiedBy === 'hash' ? 'by the published hash' : 'by its layers: no hash is published'],
    ['licence', `${licence.name}, ${source}`],
    ['use', useWords(row, state.path)],
  ])
}

/** With which options a file is used. */
function useWords(row: CatalogueRow, path: string): string {
  if (row.purpose === 'fine-tuning') return 'for training new classes: it tells none by itself'
  if (row.purpose === 'detecting') {
    return row.detector.architecture === 'onnx'
      ? `detect --model ${path}`
      : `detect --architecture maskrcnn --weights ${path}`
  }
  const { name, alpha } = row.architecture
  return `--model ${path} --architecture ${name}${alpha === 1 ? '' : ` --alpha ${alpha}`}`
}

import type { Command } from 'commander'
import { AppError } from '#common/contract/errors.ts'
import type { NetworkSpeed, RuntimeBench } from '#common/contract/procedures/runtimes.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { ownBenchmarks, runOwnBenchmarks } from '../own-benchmarks.ts'
import { decimal, TextTable, type Cell } from '../table.ts'

interface Options extends CommonOptions {
  readonly all?: true
}

/** The benchmark that is part of the program. */
const runtimesName = 'runtimes'

export function addBench(program: Command, run: RunCommand): void {
  const command = program
    .command('bench')
    .summary('measure what this machine computes with')
    .description(
      'Measure the runtimes of this machine, each beside the quickest: networks with generated weights, without data or ' +
        'downloads. One to three minutes on all cores; other work disturbs it. In a checkout, other names are the ' +
        'project’s own benchmarks; without a name all of them are run.',
    )
    .argument('[name...]', `what to measure: ${runtimesName}`)
    .option('--all', 'also what takes minutes: VGG16 on WebAssembly')
    .action((names: string[], options: Options, command: Command) =>
      run(command, async (context) => {
        const { runtimes, others } = await asked(names, context.signal)
        const found = runtimes ? await measureRuntimes(context, options) : undefined
        // to be read while the others run
        if (found && context.output.format === 'text') await context.output.document(found, () => describeBench(found))
        const results = others.length > 0 ? await runOwnBenchmarks(others, context) : undefined
        if (context.output.format !== 'text')
          await context.output.document({ runtimes: found, benches: results }, () => [])
        return exitStatus.done
      }),
    )
  addExample(addOutputOptions(command), 'obalex bench runtimes', 'obalex bench runtimes --all --json')
}

/** @throws AppError 'request.usage' for a benchmark that is not there, naming those that are */
async function asked(names: readonly string[], signal: AbortSignal): Promise<{ runtimes: boolean; others: string[] }> {
  const others = names.filter((name) => name !== runtimesName)
  if (names.length > 0 && others.length === 0) return { runtimes: true, others }
  const own = (await ownBenchmarks(signal)).filter((name) => name !== runtimesName)
  if (names.length === 0) return { runtimes: true, others: own }
  const unknown = others.filter((name) => !own.includes(name))
  if (unknown.length === 0) return { runtimes: names.includes(runtimesName), others }
  throw new AppError('request.usage', `there is no benchmark ${unknown.join(', ')}`, {
    hint: `There ${own.length > 0 ? 'are' : 'is'} ${[runtimesName, ...own].join(', ')}.`,
  })
}

async function measureRuntimes({ engine, messages, signal }: CommandContext, { all }: Options): Promise<RuntimeBench> {
  const found = await engine['runtime.bench']({ all: all === true }, { signal, onEvent: messages.progress })
  messages.clear()
  return found
}

/** A table of the runtimes, and one of the networks on them; what could not be measured below. */
export function describeBench({ runtimes, networks }: RuntimeBench): string[] {
  const labels = new Map(runtimes.map(({ id, label }) => [id, label]))
  const machine = new TextTable(['runtime', 'matrix product, GFLOP/s', 'state'])
  const table = new TextTable([
    'network',
    'runtime',
    'one photo, ms',
    'batch',
    'ms a photo',
    '÷ quickest',
    'GFLOP/s',
    'of the product',
    'gradient ÷ forward',
  ])
  const problems = networks.filter(({ problem }) => problem !== null)
  return [
    ...machine.lines(runtimes.map(({ label, peakGflops, reason }) => [label, decimal(peakGflops, 0), reason])),
    '',
    ...table.lines(networks.map((row) => cells(row, labels.get(row.runtime)!))),
    ...problems.map(({ network, runtime, problem }) => `${network} on ${labels.get(runtime)!}: ${problem!}`),
  ]
}

function cells(row: NetworkSpeed, label: string): Cell[] {
  const { network, singleMs, batchSize, photoMs, ratio, gflops, peakShare, gradientRatio } = row
  const share = peakShare === null ? null : `${(100 * peakShare).toFixed(0)} %`
  const figures = [decimal(photoMs, 1), decimal(ratio, 2), decimal(gflops, 0), share, decimal(gradientRatio, 2)]
  return [network, label, decimal(singleMs, 1), batchSize, ...figures]
}

import type { Command } from 'commander'
import type { EngineClient } from '#common/contract/index.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { addExample, addOutputOptions, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { choice, variantOption } from '../option-values.ts'
import { decimal, pairs } from '../table.ts'

interface Options extends CommonOptions {
  readonly map: string
  readonly mask: string
  readonly variant: Variant
  readonly metrics?: 'all'
}

type Score = Awaited<ReturnType<EngineClient['score.compute']>>

const reasons: Readonly<Record<NonNullable<Score['reason']>, string>> = {
  'no-mask': 'The mask is empty: there is no score.',
  'no-evidence': 'The map is empty: there is no evidence, and so no score.',
}

export function addScore(program: Command, run: RunCommand): void {
  const command = program
    .command('score')
    .summary('say how much of that evidence lies on the object')
    .description(
      'Say how much of an explanation map lies on the object: 1 all of it, 0 nothing. ' +
        'The map is taken as it is; a mask of another size is brought to its grid.',
    )
    .requiredOption('--map <file>', 'the map: a .npy with two axes, or a grey PNG; no value below 0')
    .requiredOption('--mask <file>', 'the object: a PNG (0 is background), .npy or mask JSON')
    .addOption(variantOption('--variant <name>', 'how a mask of another size is resized: by coverage, or as the paper'))
    .addOption(choice('--metrics <which>', 'show the other localisation metrics, too', ['all']))
    .action((options: Options, command: Command) =>
      run(command, async ({ engine, output, messages, signal }) => {
        const { map, mask, variant, metrics } = options
        const score = await engine['score.compute']({ map, mask, variant }, { signal })
        await output.document(documentOf(score), () => describe(score, metrics === 'all'))
        if (score.reason !== null) messages.note(reasons[score.reason])
        return exitStatus.done
      }),
    )
  addOutputOptions(command)
  addExample(command, 'obalex score --map map.npy --mask mask.png --metrics all')
}

function documentOf(score: Score): Omit<Score, 'reason'> {
  const { obalex, areaShare, lift, normalized, pointingGame, relevanceRank, topK, auc, cells } = score
  return { obalex, areaShare, lift, normalized, pointingGame, relevanceRank, topK, auc, cells }
}

function describe(score: Score, withMetrics: boolean): string[] {
  return pairs([
    ['ObAlEx', decimal(score.obalex)],
    ['area share', decimal(score.areaShare)],
    ['lift', decimal(score.lift)],
    ['normalized', decimal(score.normalized)],
    ...(withMetrics
      ? ([
          ['pointing game', decimal(score.pointingGame)],
          ['relevance rank', decimal(score.relevanceRank)],
          ['top 1000', decimal(score.topK)],
          ['AUC', decimal(score.auc)],
        ] as const)
      : []),
    ['cells', score.cells.toLocaleString('en')],
  ])
}

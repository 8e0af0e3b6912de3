import type { Command } from 'commander'
import type { EngineClient } from '#common/contract/index.ts'
import { ScoreGrouping } from '#common/contract/procedures/running.ts'
import { averageColumns } from '../average-columns.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { choice } from '../option-values.ts'
import { printRows, tableOf, type RowLayout } from '../rows.ts'
import { decimal } from '../table.ts'
import { withProject } from '../with-project.ts'

interface Options extends CommonOptions {
  readonly by?: ScoreGrouping
}

type Score = Awaited<ReturnType<EngineClient['scores.list']>>['scores'][number]
type Average = Awaited<ReturnType<EngineClient['scores.average']>>['rows'][number]

const pageSize = 1000

export function addScores(program: Command, run: RunCommand): void {
  const command = program
    .command('scores')
    .summary('print the stored scores')
    .description('Print the stored scores: one a row, or averages by class, method, model or mask revision.')
    .argument('<project>', 'a project file')
    .addOption(choice('--by <what>', 'averages instead of single scores', ScoreGrouping.options))
    .action((path: string, { by }: Options, command: Command) =>
      run(command, async (context) => {
        const { output, messages } = context
        const n = await withProject(context, { path, mode: 'read' }, (project) =>
          by === undefined
            ? printRows(output, scorePages(context, project), scoreLayout)
            : printRows(output, averagePages(context, project, by), averageLayout),
        )
        if (n === 0) messages.note('There are no scores yet: “obalex run” makes them.')
        return exitStatus.done
      }),
    )
  addOutputOptions(command, ['jsonl', 'csv'])
  addExample(command, 'obalex scores pets.obalex --by class', 'obalex scores pets.obalex --csv > scores.csv')
}

async function* scorePages({ engine, signal }: CommandContext, project: number): AsyncGenerator<Score[]> {
  let after: number | null = null
  do {
    const page: Awaited<ReturnType<EngineClient['scores.list']>> = await engine['scores.list'](
      { project, after, limit: pageSize },
      { signal },
    )
    yield page.scores
    after = page.next
  } while (after !== null)
}

async function* averagePages(
  { engine, signal }: CommandContext,
  project: number,
  by: ScoreGrouping,
): AsyncGenerator<Average[]> {
  const { rows } = await engine['scores.average']({ project, by }, { signal })
  yield rows
}

const scoreLayout: RowLayout<Score> = {
  key: 'scores',
  text: tableOf([
    ['image', (row) => row.image],
    ['label', (row) => row.label],
    ['model', (row) => row.model],
    ['predicted', (row) => row.predicted],
    ['right', (row) => row.isCorrect],
    ['method', (row) => row.method],
    ['variant', (row) => row.variant],
    ['ObAlEx', (row) => decimal(row.obalex)],
    ['area share', (row) => decimal(row.areaShare)],
    ['lift', (row) => decimal(row.lift, 2)],
    ['AUC', (row) => decimal(row.auc)],
    ['revision', (row) => row.revision],
  ]),
  csv: [
    ['id', (row) => row.id],
    ['image', (row) => row.image],
    ['label', (row) => row.label],
    ['model', (row) => row.model],
    ['predicted', (row) => row.predicted],
    ['isCorrect', (row) => row.isCorrect],
    ['probability', (row) => row.probability],
    ['method', (row) => row.method],
    ['variant', (row) => row.variant],
    ['maskVariant', (row) => row.maskVariant],
    ['revision', (row) => row.revision],
    ['obalex', (row) => row.obalex],
    ['reason', (row) => row.reason],
    ['areaShare', (row) => row.areaShare],
    ['lift', (row) => row.lift],
    ['normalized', (row) => row.normalized],
    ['pointingGame', (row) => row.pointingGame],
    ['relevanceRank', (row) => row.relevanceRank],
    ['topK', (row) => row.topK],
    ['auc', (row) => row.auc],
  ],
}

const averageLayout: RowLayout<Average> = {
  key: 'results',
  text: tableOf<Average>([['group', (row) => row.group], ...averageColumns]),
  csv: [
    ['group', (row) => row.group],
    ['model', (row) => row.model],
    ['method', (row) => row.method],
    ['variant', (row) => row.variant],
    ['options', (row) => JSON.stringify(row.options)],
    ['maskVariant', (row) => row.maskVariant],
    ['accuracy', (row) => row.accuracy],
    ['avgObalex', (row) => row.avgObalex],
    ['intervalLow', (row) => row.interval?.[0] ?? null],
    ['intervalHigh', (row) => row.interval?.[1] ?? null],
    ['n', (row) => row.n],
    ['areaShare', (row) => row.areaShare],
    ['lift', (row) => row.lift],
    ['pointingGame', (row) => row.pointingGame],
    ['relevanceRank', (row) => row.relevanceRank],
    ['topK', (row) => row.topK],
    ['auc', (row) => row.auc],
    ['misclassified', (row) => row.excluded.misclassified],
    ['noMask', (row) => row.excluded.noMask],
    ['noEvidence', (row) => row.excluded.noEvidence],
    ['unlabelled', (row) => row.excluded.unlabelled],
  ],
}

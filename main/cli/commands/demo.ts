import { join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import type { EngineClient } from '#common/contract/index.ts'
import { sampleMethods } from '#common/contract/procedures/sample.ts'
import { addExample, addOutputOptions, type CommandContext, type CommonOptions, type RunCommand } from '../command.ts'
import { statusOfFailures } from '../exit.ts'
import { followRun, scoreRows, scoreTable } from '../follow-run.ts'
import { openDesktop, serveWorkstation } from '../open-workstation.ts'
import { withProject } from '../with-project.ts'

interface Options extends CommonOptions {
  readonly dir: string
  readonly headless?: true
}

type Sample = Awaited<ReturnType<EngineClient['sample.build']>>

/** The kinds of report that the sample gets. */
const reportEndings = ['html', 'json'] as const

export function addDemo(program: Command, run: RunCommand): void {
  const command = program
    .command('demo')
    .summary('show on a built-in sample what the program is for')
    .description(
      'Show on a sample what the program is for: draws photos of animals with their exact masks, explains two classifiers ' +
        'that are right equally often, one of which looks at the background, prints their scores and writes a report. ' +
        'Then opens the sample in the workstation, where there is a screen or a terminal. Needs no network. What was ' +
        'stopped goes on where it was when the same command is given again.',
    )
    .option('--dir <folder>', 'where the sample goes', 'obalex-sample')
    .option('--headless', 'do not open the workstation')
    .action(({ dir, headless }: Options, command: Command) =>
      run(
        command,
        async (context) => {
          const { engine, output, messages, person, signal } = context
          const folder = resolve(dir)
          messages.note(`The sample is made in ${folder}.`)
          const sample = await engine['sample.build']({ folder }, { signal, onEvent: messages.progress })
          const { results, failures, reports, summary } = await auditSample(context, sample, folder)
          const [html, json] = reports
          const document = { project: sample.project, report: { html, json }, results: scoreRows(results), failures }
          await output.document(document, () => [
            ...scoreTable(results),
            '',
            ...summary,
            '',
            `Report: ${html}`,
            `Project: ${sample.project}`,
            `Look at it in the workstation: npx obalex open ${relative(process.cwd(), sample.project)}`,
          ])
          messages.failures(failures)
          const isShown = headless !== true && output.format === 'text'
          if (isShown && !(await openDesktop(context, sample.project)) && person.hasTerminal) {
            await serveWorkstation(context, { project: sample.project, isShown })
          }
          return statusOfFailures(failures, results.length)
        },
        { hasWindows: headless !== true },
      ),
    )
  addOutputOptions(command)
  addExample(command, 'obalex demo', 'obalex demo --dir my-sample --headless')
}

/** Runs both classifiers with the two quick methods, and writes the reports into the folder. */
async function auditSample(
  context: CommandContext,
  { project: path, models }: Sample,
  folder: string,
): Promise<Awaited<ReturnType<typeof followRun>> & { reports: string[]; summary: string[] }> {
  const { engine, messages, signal } = context
  return withProject(context, { path, mode: 'write' }, async (project) => {
    const end = await followRun(context, project, { models, methods: sampleMethods.map((method) => ({ method })) })
    const reports: string[] = []
    let findings: string[] = []
    for (const ending of reportEndings) {
      const out = join(folder, `report.${ending}`)
      const { path: written, summary } = await engine['report.write'](
        { project, out },
        { signal, onEvent: messages.progress },
      )
      reports.push(written)
      findings = summary.filter(({ kind }) => kind === 'finding').map(({ text }) => text)
    }
    return { ...end, reports, summary: findings }
  })
}

import type { Command } from 'commander'
import type { DoctorReport } from '#common/contract/procedures/engine.ts'
import { addExample, addOutputOptions, type RunCommand } from '../command.ts'
import { exitStatus } from '../exit.ts'
import { decimal, pairs, TextTable } from '../table.ts'

export function addDoctor(program: Command, run: RunCommand): void {
  const command = program
    .command('doctor')
    .summary('check this machine')
    .description('Check this machine: versions, memory, and every runtime by a computation whose numbers are known.')
    .action((_, command: Command) =>
      run(command, async ({ engine, output, messages, signal }) => {
        const report = await engine['engine.diagnose']({}, { signal })
        await output.document(report, () => describe(report))
        if (report.runtimes.some(({ isUsable }) => isUsable)) return exitStatus.done
        messages.error('obalex: no runtime works here — The reasons are in the list above.')
        return exitStatus.failed
      }),
    )
  addExample(addOutputOptions(command), 'obalex doctor')
}

function describe(report: DoctorReport): string[] {
  const { version, node, platform, cpus, memoryBytes, gpu, packages, runtimes, notes } = report
  const table = new TextTable(['runtime', 'used', 'why', 'error', 'GFLOP/s'])
  return [
    ...pairs([
      ['ObAlEx Workstation', version],
      ['Node', node],
      ['machine', platform],
      ['processors', String(cpus)],
      ['memory', `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`],
      ['GPU', gpu],
      ...Object.entries(packages),
    ]),
    '',
    ...table.lines(
      runtimes.map(({ label, isUsable, reason, selfTestError, gflops }) => [
        label,
        isUsable,
        reason,
        selfTestError === null ? null : selfTestError.toExponential(1),
        decimal(gflops, 1),
      ]),
    ),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ]
}

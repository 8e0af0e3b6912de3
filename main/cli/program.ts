import { Command, type CommanderError } from 'commander'
import { commandName, type RunCommand } from './command.ts'
import { addBench } from './commands/bench.ts'
import { addBackup } from './commands/backup.ts'
import { addClasses } from './commands/classes.ts'
import { addClassify } from './commands/classify.ts'
import { addDetect } from './commands/detect.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExplain } from './commands/explain.ts'
import { addExport } from './commands/export.ts'
import { addImport } from './commands/import.ts'
import { addInstances } from './commands/instances.ts'
import { addMask } from './commands/mask.ts'
import { addModels } from './commands/models.ts'
import { addOpen } from './commands/open.ts'
import { addProject } from './commands/project.ts'
import { addReport } from './commands/report.ts'
import { addRun } from './commands/run.ts'
import { addSanity } from './commands/sanity.ts'
import { addScore } from './commands/score.ts'
import { addScores } from './commands/scores.ts'
import { addServe } from './commands/serve.ts'
import { addUndoImport } from './commands/undo-import.ts'
import { addVerify } from './commands/verify.ts'

/** A command line that commander refused, or help that it printed, with the command that it was about. */
export class ParseEnd extends Error {
  readonly reason: CommanderError
  readonly commandName: string

  constructor(reason: CommanderError, commandName: string) {
    super(reason.message)
    this.reason = reason
    this.commandName = commandName
  }
}

export interface ProgramParts {
  /** called by the command that was given, with its work */
  readonly run: RunCommand
  /** takes help that was asked for */
  readonly writeHelp: (text: string) => void
  /** takes help that stands for an error */
  readonly writeHelpAsError: (text: string) => void
}

/**
 * The whole command line: every command with its options and its help.
 * @returns throws ParseEnd while parsing, after help and version too
 */
export function createProgram(version: string, { run, writeHelp, writeHelpAsError }: ProgramParts): Command {
  const program = new Command('obalex')
    .description(
      'Find out whether an image classifier is right for the right reasons,\n' +
        'and whether the object masks it is judged by can be trusted.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    // what was wrong is said by whoever catches ParseEnd
    .configureOutput({ writeOut: writeHelp, writeErr: writeHelpAsError, outputError: () => undefined })

  program.commandsGroup('Images and masks in files:')
  addClassify(program, run)
  addDetect(program, run)
  addExplain(program, run)
  addScore(program, run)
  addMask(program, run)
  program.commandsGroup('Projects:')
  addProject(program, run)
  addImport(program, run)
  addUndoImport(program, run)
  addRun(program, run)
  addScores(program, run)
  addSanity(program, run)
  addInstances(program, run)
  addClasses(program, run)
  addExport(program, run)
  addReport(program, run)
  addVerify(program, run)
  addBackup(program, run)
  program.commandsGroup('This program:')
  addOpen(program, run)
  addServe(program, run)
  addDemo(program, run)
  addModels(program, run)
  addDoctor(program, run)
  addBench(program, run)
  program.helpCommand('help [command]', 'print help for a command')

  endByThrowing(program)
  return program.addHelpText(
    'after',
    `
“obalex COMMAND --help” explains a command.
Exit status: 0 done, 1 failed, 2 wrong usage, 3 some images failed, 130 interrupted.`,
  )
}

function endByThrowing(command: Command): void {
  command.exitOverride((reason) => {
    throw new ParseEnd(reason, commandName(command))
  })
  for (const child of command.commands) endByThrowing(child)
}

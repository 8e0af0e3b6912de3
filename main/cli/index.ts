import { join } from 'node:path'
import { userFolder } from '#main/files/user-folder.ts'
import { runCommandLine } from './command-line.ts'
import { interruptSignal } from './interrupt.ts'
import { personHere } from './person.ts'

/** The entry of the command line host: one command, one exit status. */
const signal = interruptSignal()
// a terminal that is gone: there is nobody to tell
process.stderr.on('error', () => undefined)

// not process.exit(): what is still on its way to a pipe would be lost
process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal,
  person: personHere(),
  speedFile: join(userFolder(), 'speeds.json'),
  isDebugging: process.env['OBALEX_DEBUG'] === '1',
})

import { buildFailure } from './failures.ts'
import { runProgram, type RunOptions } from './run-program.ts'

/** Python is there anyway, and reads both kinds of archive everywhere. */
const script = `
import re, sys, tarfile, zipfile
archive, to, wanted = sys.argv[1:]
if zipfile.is_zipfile(archive):
    with zipfile.ZipFile(archive) as file:
        file.extractall(to, [name for name in file.namelist() if re.search(wanted, name)])
else:
    with tarfile.open(archive) as file:
        safe = {'filter': 'data'} if hasattr(tarfile, 'data_filter') else {}
        file.extractall(to, [member for member in file if re.search(wanted, member.name)], **safe)
`

/**
 * Unpacks a part of a wheel or of an npm package.
 * @param wanted matches the names that are taken; in the syntax that Python and JavaScript share
 * @throws AppError 'file.unwritable' where the disk is full, else 'runtime.build-failed'
 */
export async function unpack(
  python: string,
  archive: string,
  { into, wanted }: { readonly into: string; readonly wanted: RegExp },
  options: RunOptions,
): Promise<void> {
  const done = await runProgram(python, ['-c', script, archive, into, wanted.source], options)
  if (done?.status !== 0) throw buildFailure('unpacking', done?.output ?? '')
}

import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import { backupProject } from '#main/project/backup.ts'
import { timeInName } from '#main/project/backup-folder.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'

export function backupHandlers({ now }: Services): Pick<EngineHandlers, 'project.backup'> {
  return {
    'project.backup': async ({ path: source, out }, { signal, emit }) => {
      const meter = new ProgressMeter(emit)
      const path = targetOf(resolve(source), { out: resolve(out), now: now() })
      const bytes = await backupProject(source, path, {
        signal,
        onProgress: (done, total) => meter.report('copying', done, total),
      })
      meter.report('computing its hash', 0, null)
      return { path, bytes, sha256: await hashFile(path) }
    },
  }
}

/** @throws AppError 'file.missing' where the folder is not there */
function targetOf(source: string, { out, now }: { readonly out: string; readonly now: number }): string {
  if (isFolder(out)) {
    const stem = basename(source).replace(/\.obalex$/i, '')
    return join(out, `${stem}-${timeInName(now).replace(/\.\d+Z$/, 'Z')}.obalex`)
  }
  const folder = dirname(out)
  if (isFolder(folder)) return out
  throw new AppError('file.missing', `there is no folder ${folder}`, {
    hint: 'Nothing was copied. Make the folder first, or choose another one.',
    data: { path: folder },
  })
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

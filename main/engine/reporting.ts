import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import { writeAside } from '#main/files/write-aside.ts'
import { openSnapshot } from '#main/project/snapshot.ts'
import { reportFormatOf } from '#main/report/registry.ts'
import { ProgressMeter } from './progress.ts'
import { gatherReport } from './report/gather.ts'
import type { Services } from './services.ts'

export function reportHandlers({ projects, now, version }: Services): Pick<EngineHandlers, 'report.write'> {
  return {
    'report.write': async ({ project: handle, out }, { signal, emit }) => {
      const format = reportFormatOf(out)
      const meter = new ProgressMeter(emit)
      const context = {
        signal,
        onProgress: (step: string, done: number, total: number | null) => meter.report(step, done, total),
      }
      const path = resolve(out)
      const project = projects.get(handle)
      await requireOtherFile(path, project.path)
      const snapshot = await openSnapshot(project.path, { now })
      try {
        const report = await gatherReport(snapshot, { ...context, now: now(), version })
        if (!format.listsScores) await snapshot.close()
        signal.throwIfAborted()
        const counter = { bytes: 0 }
        await writeAside(path, counted(format.write(report, context), counter))
        return { path, bytes: counter.bytes, summary: [...report.document.summary] }
      } finally {
        await snapshot.close()
      }
    },
  }
}

/** A project may have any name, also one that a report could have. */
async function requireOtherFile(out: string, project: string): Promise<void> {
  const [found, own] = await Promise.all([out, project].map((path) => stat(path).catch(() => null)))
  if (!found || !own || found.ino !== own.ino || found.dev !== own.dev) return
  throw new AppError('request.usage', `${out} is the project itself`, { hint: 'Give the report another name.' })
}

async function* counted(
  parts: AsyncIterable<string | Uint8Array>,
  counter: { bytes: number },
): AsyncGenerator<string | Uint8Array> {
  for await (const part of parts) {
    counter.bytes += typeof part === 'string' ? Buffer.byteLength(part) : part.length
    yield part
  }
}

import { basename } from 'node:path'
import type { Kysely } from 'kysely'
import type { UndoObstacle } from '#common/contract/procedures/importing.ts'
import type { StoredImport } from '#main/project/import-repository.ts'
import { detectedSince, laterImport, workOnImport, type WorkKind } from '#main/project/import-traces.ts'
import { countRunningJobs } from '#main/project/job-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { findImport } from './logged-imports.ts'

const workWords: Readonly<Record<WorkKind, string>> = {
  verdict: 'verdicts',
  choice: 'objects chosen by hand',
  flag: 'flags',
  stroke: 'strokes',
  correction: 'corrections',
}

/** What stands in the way of undoing an import; what can never be got out of it comes first. */
export async function obstaclesTo(db: Kysely<Schema>, record: StoredImport): Promise<UndoObstacle[]> {
  const found = [
    await ofWork(db, record),
    await ofLaterImport(db, record),
    await ofDetection(db, record),
    await ofJob(db),
  ]
  return found.filter((obstacle) => obstacle !== null)
}

async function ofWork(db: Kysely<Schema>, record: StoredImport): Promise<UndoObstacle | null> {
  const { nImages, kinds } = await workOnImport(db, record)
  if (nImages === 0) return null
  const words = kinds.map((kind) => workWords[kind]).join(', ')
  return {
    kind: 'work',
    message: `people have worked on ${imagesOf(nImages)} of this import since (${words})`,
    hint: 'Their work is never thrown away. Keep the import, or import what is right into a new project.',
    nImages,
    entry: null,
  }
}

async function ofLaterImport(db: Kysely<Schema>, record: StoredImport): Promise<UndoObstacle | null> {
  const later = await laterImport(db, record)
  if (!later) return null
  const { nImages, record: other } = later
  const { facts } = await findImport(db, other.auditSeq)
  const { entry } = facts
  const name = basename(facts.source ?? facts.folder)
  return {
    kind: 'later-import',
    message: `the later import of ${name} (entry ${entry} of the audit log) changed ${imagesOf(nImages)} of this one`,
    hint: `Undo the import of ${name} (entry ${entry}) first.`,
    nImages,
    entry,
  }
}

async function ofDetection(db: Kysely<Schema>, record: StoredImport): Promise<UndoObstacle | null> {
  const { origins, nImages } = await detectedSince(db, record)
  if (nImages === 0) return null
  return {
    kind: 'detection',
    message: `objects were found since in ${imagesOf(nImages)} of this import (by ${origins.join(', ')})`,
    hint: 'What a detector found cannot be taken out again: keep the import, or import what is right into a new project.',
    nImages,
    entry: null,
  }
}

async function ofJob(db: Kysely<Schema>): Promise<UndoObstacle | null> {
  if ((await countRunningJobs(db)) === 0) return null
  return {
    kind: 'job',
    message: 'a job is running on this project',
    hint: 'Wait until it is done, or stop it.',
    nImages: 0,
    entry: null,
  }
}

function imagesOf(n: number): string {
  return `${n.toLocaleString('en')} ${n === 1 ? 'image' : 'images'}`
}

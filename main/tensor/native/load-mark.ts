import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildsFolder, readCurrentBuild } from './current-build.ts'

/**
 * A library can end the process that loads it, and would do so with the next one. Therefore a process leaves a mark in
 * the build while it loads it; whoever started the process and sees it end with the mark still there notes that the
 * build does not work, and nobody loads it any more until it has been tried again.
 */
const markOf = (folder: string, pid: number): string => join(folder, `loading-${pid}`)
const noteOf = (folder: string): string => join(folder, 'broken.txt')

/** @returns takes the mark away; to be called also where loading fails in an orderly way */
export function markLoading(folder: string): () => void {
  const mark = markOf(folder, process.pid)
  try {
    writeFileSync(mark, '')
  } catch {
    return () => undefined // installed by somebody else for everybody: it works without
  }
  return () => rmSync(mark, { force: true })
}

/**
 * Notes that a process has ended that was not asked to: where it did so while it loaded the build in use, that one is
 * not loaded any more.
 * @param why how the process ended, as people are told
 */
export function noteEnd(pid: number | undefined, why: string, builds = buildsFolder()): void {
  const build = readCurrentBuild(builds)
  if (pid === undefined || !build || !existsSync(markOf(build.folder, pid))) return
  writeFileSync(noteOf(build.folder), why)
  rmSync(markOf(build.folder, pid), { force: true })
}

/** How the process ended that loaded it last; null where none did so. */
export function whyBroken(folder: string): string | null {
  try {
    return readFileSync(noteOf(folder), 'utf8')
  } catch {
    return null
  }
}

/** Lets a build be loaded again. */
export function clearBroken(folder: string): void {
  rmSync(noteOf(folder), { force: true })
}

import type { Progress } from '#common/contract/procedures/common.ts'
import { printable } from './printable.ts'

const barCells = 24

/** How far a call is, in words: `classifying: 12 of 370 (3 %), 2 min left`. */
export function progressWords({ step, done, total, etaMs }: Progress): string {
  const left = etaMs === null ? '' : `, ${durationWords(etaMs)} left`
  if (total === null) return done > 0 ? `${printable(step)}: ${Math.floor(done)}` : printable(step)
  return `${printable(step)}: ${Math.floor(done)} of ${total} (${percent(done, total)} %)${left}`
}

/** The same as one line with a bar, cut to the width of the terminal. */
export function progressBar(progress: Progress, width: number): string {
  const { done, total } = progress
  const words = progressWords(progress)
  if (total === null) return words.slice(0, width)
  const filled = Math.round((percent(done, total) / 100) * barCells)
  return `[${'#'.repeat(filled)}${'-'.repeat(barCells - filled)}] ${words}`.slice(0, width)
}

/** A length of time as people say it: `8 s`, `3 min`, `2 h 5 min`. */
export function durationWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** How large something is: `3 kB`, `1.5 MB`. */
export function sizeWords(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function percent(done: number, total: number): number {
  return total > 0 ? Math.floor(Math.min(1, done / total) * 100) : 100
}

import { setTimeout as wait } from 'node:timers/promises'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { expect, onTestFailed } from 'vitest'
import type { Ended, Started } from '../builders/obalex-process.ts'
import { childOf, gone, until } from '../builders/processes.ts'
import { countStored, lostRows, readStored, type StoredRows } from '../builders/stored-rows.ts'

/** `OBALEX_FAULT_SEED` chooses other moments. */
const seed = Number(process.env['OBALEX_FAULT_SEED'] ?? 20_261_124)

/** `OBALEX_FAULT_KILLS`: how often something is killed, in all tests of kills together. */
const totalKills = Number(process.env['OBALEX_FAULT_KILLS'] ?? 52)

/** The kills that fall to a test with this share of them. */
export function killsOf(share: number): number {
  return Math.max(1, Math.round(totalKills * share))
}

/** For tests that start processes dozens of times, on a machine that has other things to do. */
export const killingTimeoutMs = 300_000

/** Numbers in [0, 1) that depend on the seed, which is said where the running test fails, and on the salt. */
export function seededRandom(salt: number): () => number {
  onTestFailed(() => console.error(`the moments of these kills: OBALEX_FAULT_SEED=${seed}`))
  const generator = xoroshiro128plus(seed + salt)
  return () => uniformFloat64(generator)
}

/** How long work takes where nobody disturbs it. */
interface Pace {
  /** from the start of the process to the first result */
  readonly startMs: number
  /** for one more image */
  readonly imageMs: number
}

/** When to kill, counted from the start of a process: half-way through the start, or while it works. */
export function randomMoment(random: () => number, { startMs, imageMs }: Pace): number {
  return random() < 0.35 ? random() * startMs : startMs + random() * 8 * imageMs
}

/**
 * Watches work that nobody disturbs.
 * @param nImages that it scores
 */
export async function measurePace({ ended }: Started, project: string, nImages: number): Promise<[Pace, Ended]> {
  const start = performance.now()
  await until(() => countStored(project, 'score') > 0, { what: 'the first score' })
  const startMs = performance.now() - start
  const end = await ended
  return [{ startMs, imageMs: (performance.now() - start - startMs) / nImages }, end]
}

interface Killing {
  /** the project file that is worked on */
  readonly project: string
  /** gives the same command again */
  readonly start: () => Started
  /** ms after the start, or after the last kill */
  readonly moment: () => number
  readonly maxKills: number
}

/**
 * Kills a process again and again, each time at another moment of its life, until it has been done `maxKills` times;
 * then, or where it is done before, lets it end. After each kill nothing that a reader has seen may be lost or broken.
 */
export async function killUntilDone({ project, start, moment, maxKills }: Killing): Promise<[number, Ended]> {
  for (let nKills = 0; ; nKills++) {
    const { child, pid, ended } = start()
    if (nKills === maxKills) return [nKills, await ended]
    const early = await Promise.race([ended, wait(moment())])
    if (early) return [nKills, early]
    const compute = childOf(pid, 'compute-process')
    const seen = await readStored(project)
    child.kill('SIGKILL')
    await ended
    await expectKept(seen, project)
    if (compute !== undefined) await gone(compute)
  }
}

/**
 * Kills the compute processes of a command, each at another moment of its life. Where the command ends with something
 * undone it is given again, until all is done.
 * @returns how often something was killed, and how the runs of the command ended
 */
export async function killComputeUntilDone({ project, start, moment, maxKills }: Killing): Promise<[number, Ended[]]> {
  const ends: Ended[] = []
  for (let nKills = 0; ;) {
    const command = start()
    for (let last: number | undefined; nKills < maxKills; nKills++) {
      const compute = await nextCompute(command, last)
      if (compute === undefined) break
      await Promise.race([command.ended, wait(moment())])
      const seen = await readStored(project)
      if (!endProcess(compute)) break
      last = compute
      await gone(compute)
      await expectKept(seen, project)
    }
    const end = await command.ended
    ends.push(end)
    // once nothing is killed any more, the command has no excuse
    if (end.status === 0 || ends.length > maxKills + 1) return [nKills, ends]
  }
}

/** The compute process that comes after `last`; undefined where the command ends before. */
async function nextCompute({ child, pid }: Started, last: number | undefined): Promise<number | undefined> {
  const found = await until(
    () => {
      const compute = childOf(pid, 'compute-process')
      if (compute !== undefined && compute !== last) return compute
      return child.exitCode === null && child.signalCode === null ? null : 'ended'
    },
    { what: 'a compute process' },
  )
  return found === 'ended' ? undefined : found
}

function endProcess(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false // it has ended by itself
  }
}

/** Fails where something is lost that was seen before, or where what there is now does not hold. */
export async function expectKept(seen: StoredRows, project: string): Promise<void> {
  const now = await readStored(project)
  expect(lostRows(seen, now)).toEqual([])
  expect(now.broken).toEqual([])
}

/** Fails where an image was scored twice: by the audit log, and by the rows. */
export function expectOnce({ audit, rows }: StoredRows): void {
  const scored = audit
    .filter(({ action }) => action === 'image.score')
    .map(({ subject, data }) => `${subject} ${JSON.stringify(data['model'])}`)
  expect(scored.filter((key, i) => scored.indexOf(key) !== i)).toEqual([])
  expect(rows.prediction).toHaveLength(scored.length)
  expect(rows.explanation).toHaveLength(rows.score.length)
}

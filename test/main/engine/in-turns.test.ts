import { expect, it } from 'vitest'
import { averageObalex, averageObalexInParts } from '#common/score/average.ts'
import { inTurns } from '#main/engine/in-turns.ts'

const entries = Array.from({ length: 2000 }, (_, i) => ({
  obalex: Math.abs(Math.sin(i)),
  areaShare: 0.3,
  correct: true,
}))

it('long arithmetic lets others in between its parts, and gives the same', async () => {
  let nOthers = 0
  const tick = (): void => {
    nOthers++
    waiting = setImmediate(tick)
  }
  let waiting = setImmediate(tick)
  const average = await inTurns(averageObalexInParts(entries, { seed: 5 }))
  clearImmediate(waiting)
  expect(average).toEqual(averageObalex(entries, { seed: 5 }))
  expect(nOthers).toBeGreaterThan(2)
})

it('long arithmetic stops where it is told to', async () => {
  const controller = new AbortController()
  const work = inTurns(averageObalexInParts(entries, { seed: 5 }), controller.signal)
  controller.abort(new Error('enough'))
  await expect(work).rejects.toThrow('enough')
})

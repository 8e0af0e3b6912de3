import { ellipse, ribbon, type Outline } from '../../outline.ts'
import type { Random } from '../../random.ts'

/** Where each pair of legs begins, how far it reaches, and how far it is turned backwards. */
const pairs = [
  { y: -0.5, reach: 0.62, turn: -0.62 },
  { y: -0.1, reach: 0.66, turn: 0.1 },
  { y: 0.3, reach: 0.72, turn: 0.72 },
] as const

/** Three pairs of jointed legs and two feelers. */
export function makeLimbs(random: Random): Outline[] {
  return [-1, 1].flatMap((side) => [
    ...pairs.flatMap((pair) => makeLeg(random, side, pair)),
    ...makeFeeler(random, side),
  ])
}

function makeLeg(random: Random, side: number, { y, reach, turn }: (typeof pairs)[number]): Outline[] {
  const swing = turn + random.between(-0.22, 0.22)
  const hipX = side * 0.35
  const kneeX = side * (0.45 + reach * 0.62)
  const kneeY = y + swing * 0.35
  const footX = side * (0.45 + reach * random.between(0.9, 1.02))
  const footY = y + swing * 0.95 + 0.06
  const thigh = [hipX, y, (hipX + kneeX) / 2, (y + kneeY) / 2 - 0.03, kneeX, kneeY]
  const shin = [kneeX, kneeY, (kneeX + footX) / 2 + side * 0.02, (kneeY + footY) / 2, footX, footY]
  const foot = [footX, footY, footX + side * 0.05, footY + swing * 0.12, footX + side * 0.14, footY + swing * 0.2]
  return [
    ribbon(thigh, [0.09, 0.115, 0.075], 4),
    ribbon(shin, [0.08, 0.06, 0.045], 4),
    ribbon(foot, [0.05, 0.045, 0.02], 3),
  ]
}

function makeFeeler(random: Random, side: number): Outline[] {
  const tipX = side * random.between(0.42, 0.55)
  const tipY = -1.28 + random.between(-0.06, 0.1)
  return [
    ribbon([side * 0.14, -0.96, side * 0.28, -1.14, tipX, tipY], [0.05, 0.04, 0.04], 4),
    ellipse([tipX, tipY], [0.055, 0.055], 10),
  ]
}

import { cosine, sine, smoothStep } from '../arithmetic.ts'
import { fillGround } from '../canvas.ts'
import { blend, colour, setColour, shade, tint } from '../colour.ts'
import { cloud, fieldAt, grain, noise, sampleField } from '../noise.ts'
import { paintShell } from '../props/shell.ts'
import { paintStarfish } from '../props/starfish.ts'
import { paintStone } from '../props/stone.ts'
import { anywhere, border, type Stage } from '../stage.ts'

const pale = colour('#e8d2a6')
const golden = colour('#d4ae76')
const wet = colour('#ab8355')
const dark = colour('#5f4932')
const bright = colour('#fff4dc')

/** Sand with the wind's ripples, pebbles, shells, perhaps a starfish. */
export function paintBeach(stage: Stage): void {
  const { random } = stage
  paintSand(stage)
  const near = random.between(1, 1.8)
  for (let i = random.whole(8, 30); i > 0; i--) {
    const size = near * (1.2 + 7 * random.between(0, 1) * random.between(0, 1))
    paintStone(anywhere(stage, size))
  }
  for (let i = random.whole(1, 5); i > 0; i--) paintShell(anywhere(stage, near * random.between(6, 11)))
  if (random.chance(0.3)) paintStarfish(anywhere(stage, near * random.between(11, 17)))
}

function paintSand(stage: Stage): void {
  const { width, height, random } = stage
  const offset = random.between(0, 200)
  const seed = random.whole(0, 1 << 30)
  const angle = random.between(-0.6, 0.6)
  const wave = random.between(12, 24)
  const [dx, dy] = [(2 * Math.PI * sine(angle)) / wave, (2 * Math.PI * cosine(angle)) / wave]
  const depth = random.between(0.05, 0.12) * wave
  const sand = blend(pale, golden, random.between(0, 1))
  const grid = { width, height, border, cell: 2 }
  const broad = sampleField(grid, (x, y) => cloud(x / 70 + offset, y / 70, 3))
  const ripples = sampleField(grid, (x, y) => {
    const warp = 9 * noise(x / 45 + offset, y / 45) + 3 * noise(x / 14, y / 14 + offset)
    return sine(dx * x + dy * y + (2 * Math.PI * warp) / wave)
  })
  const { size: unit } = stage.frame
  fillGround(stage, (p) => {
    const high = fieldAt(broad, p.x, p.y)
    const ripple = fieldAt(ripples, p.x, p.y)
    const speck = grain(p.x * 1.3, p.y * 1.3, seed)
    setColour(p, sand)
    tint(p, wet, 0.6 * smoothStep(0, 0.8, high - 0.25 * ripple))
    shade(p, 0.88 + 0.18 * grain(p.x * unit, p.y * unit, seed + 1) + 0.1 * high)
    if (speck < 0.02) tint(p, dark, 0.32)
    else if (speck > 0.988) tint(p, bright, 0.35)
    p.height =
      3 +
      2.5 * high +
      depth * (ripple + 0.25 * ripple * ripple) +
      0.4 * noise(0.5 * p.x + 0.35 * p.y, 0.5 * p.y - 0.35 * p.x + offset)
  })
}

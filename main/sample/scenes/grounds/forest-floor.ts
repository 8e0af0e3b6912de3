import { smoothStep } from '../arithmetic.ts'
import { fillGround } from '../canvas.ts'
import { colour, setColour, shade, tint } from '../colour.ts'
import { cloud, fieldAt, noise, sampleField } from '../noise.ts'
import { paintChestnut } from '../props/chestnut.ts'
import { makeLeaf, paintLeaf } from '../props/leaf.ts'
import { paintTwig } from '../props/twig.ts'
import { anywhere, border, type Stage } from '../stage.ts'

const earth = colour('#3b2a1d')
const humus = colour('#5a4029')
const moss = colour('#5b6b2c')

/** Fallen leaves, twigs and chestnuts on dark earth. */
export function paintForestFloor(stage: Stage): void {
  const { width, height, random } = stage
  paintEarth(stage)
  const near = random.between(1, 1.6)
  const nLeaves = Math.round(((width + 40) * (height + 40)) / (680 * near * near))
  for (let i = 0; i < nLeaves; i++) {
    const share = i / nLeaves
    const size = random.between(14, 24) * near
    const base = 0.05 + 0.35 * share
    paintLeaf(anywhere(stage, size, 20), makeLeaf(random, 'autumn'), base)
    if (random.chance(0.06)) paintTwig(anywhere(stage, random.between(25, 60)), base / 2)
  }
  for (let i = random.whole(0, 3); i > 0; i--) paintChestnut(anywhere(stage, random.between(6, 9) * near))
}

function paintEarth(stage: Stage): void {
  const { width, height, random } = stage
  const offset = random.between(0, 200)
  const grid = { width, height, border, cell: 2 }
  const patches = sampleField(grid, (x, y) => cloud(x / 22 + offset, y / 22, 4))
  const mosses = sampleField(grid, (x, y) => 0.8 * smoothStep(0.35, 0.75, cloud(x / 40, y / 40 + offset, 3)))
  fillGround(stage, (p) => {
    const patch = fieldAt(patches, p.x, p.y)
    const crumb = noise(0.5 * p.x + 0.35 * p.y + offset, 0.5 * p.y - 0.35 * p.x)
    setColour(p, earth)
    tint(p, humus, smoothStep(-0.5, 0.5, patch))
    tint(p, moss, fieldAt(mosses, p.x, p.y))
    shade(p, 1 + 0.4 * crumb)
    p.height = 1.5 * patch + 0.7 * crumb
  })
}

/**
 * An engine of its own that paints squares over a mask and tells of each as soon as it is acknowledged, one JSON line each;
 * it is there to be killed. Arguments: the project's path, and the image.
 */
import { decodeRle } from '#common/mask/rle.ts'
import { diffTiles, encodeTiles } from '#common/mask/tile-patch.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { squareOfTurn } from '../main/engine/review-tools.ts'

const [path = '', image = ''] = process.argv.slice(2)
const engine = createEngine({ startCompute: startComputeChild, version: 'test' })
const client = engine.connect()
const { project } = await client['project.open']({ path, mode: 'write' })
const place = { project, image: Number(image) }
const [instance] = (await client['image.read'](place)).instances
const object = { ...place, instance: instance!.id, auditor: 'Ada' }
let mask = decodeRle(instance!.machine!)
let last: number | null = null
for (let turn = 1; ; turn++) {
  const next = squareOfTurn(mask, turn)
  const tiles = encodeTiles(diffTiles(mask, next))
  const base = { revision: 0, step: last }
  const { step } = await client['mask.paint']({ ...object, base, tool: 'brush', tiles })
  mask = next
  last = step
  process.stdout.write(`${JSON.stringify({ turn, step })}\n`)
}

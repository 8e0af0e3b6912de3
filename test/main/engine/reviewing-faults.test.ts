import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { decodeRle } from '#common/mask/rle.ts'
import { diffTiles, encodeTiles } from '#common/mask/tile-patch.ts'
import { canMount, smallDisk } from '../../builders/small-disk.ts'
import { codeOf, folderIn, useEngine, useFolder } from './engine-tools.ts'
import {
  baseOf,
  firstObject,
  imageOf,
  paintSquare,
  readMask,
  setUpReview,
  squareOfTurn,
  step,
  workingMask,
  type ReviewSetting,
} from './review-tools.ts'

const root = useFolder()
const { client } = useEngine()
const host = fileURLToPath(new URL('../../builders/painting-host.ts', import.meta.url))
let setting: ReviewSetting
beforeAll(async () => {
  setting = await setUpReview(client, root)
  await client['project.close']({ project: setting.project })
})

/** A copy of the project; its photos stay where they are. */
function copy(folder = folderIn(root)): string {
  const path = join(folder, 'copy.obalex')
  copyFileSync(setting.path, path)
  return path
}

/** Lets another engine paint until so many strokes are acknowledged, then kills it. Gives the last step that it told. */
async function paintAndKill(path: string, nStrokes: number): Promise<number> {
  const child = spawn(process.execPath, [host, path, '1'], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  let last = 0
  for await (const line of createInterface(child.stdout)) {
    const told = JSON.parse(line) as { readonly turn: number; readonly step: number }
    last = told.step
    if (told.turn === nStrokes) child.kill('SIGKILL')
  }
  await exited
  return last
}

describe('an engine that is killed while somebody paints', () => {
  it('loses no stroke that it acknowledged, and can be painted on', async () => {
    for (const nStrokes of [1, 4, 17]) {
      const path = copy()
      const last = await paintAndKill(path, nStrokes)
      const { project } = await client['project.open']({ path, mode: 'write' })
      const place = await firstObject(client, { project })
      const image = await client['image.read'](imageOf(place))
      const { journal, machine } = image.instances[0]!
      expect(journal.map(({ id }) => id)).toContain(last)
      // one more may have been kept whose answer came too late
      expect([last, last + 1]).toContain(journal.at(-1)!.id)
      let expected = decodeRle(machine!)
      for (let turn = 1; turn <= journal.length; turn++) expected = squareOfTurn(expected, turn)
      const mask = workingMask(image, place.instance)
      expect(mask.data).toEqual(expected.data)
      await step(client, place, 'undo')
      await step(client, place, 'redo')
      expect((await readMask(client, place)).data).toEqual(mask.data)
      await client['project.close']({ project })
      expect(await client['project.verify']({ path })).toMatchObject({
        ok: true,
        checked: { strokes: journal.length + 2 },
      })
    }
  }, 60_000)
})

describe.runIf(canMount)('a disk that is full while somebody paints', () => {
  it('is told, keeps all strokes before, and takes them again once there is room', async () => {
    const disk = smallDisk(4096)
    const path = copy(disk.folder)
    const { project } = await client['project.open']({ path, mode: 'write' })
    const place = await firstObject(client, { project })
    const painted: Bitmap[] = [await paintSquare(client, place, 1, 1)]
    disk.fill(0)
    let code: string | null = null
    for (let turn = 2; code === null && turn < 200; turn++) {
      const before = painted.at(-1)!
      const after = squareOfTurn(before, turn)
      const base = await baseOf(client, place)
      const stroke = { base, auditor: 'Ada', tool: 'brush', tiles: encodeTiles(diffTiles(before, after)) }
      const outcome = await codeOf(client['mask.paint']({ ...place, ...stroke })).catch(() => null)
      if (outcome === null) painted.push(after)
      else code = outcome
    }
    expect(code).toBe('file.unwritable')
    expect((await readMask(client, place)).data).toEqual(painted.at(-1)!.data)
    expect(await codeOf(client['review.save']({ ...imageOf(place), verdict: 'accept', auditor: 'Ada' }))).toBe(
      'file.unwritable',
    )
    disk.makeRoom()
    const more = await paintSquare(client, place, 20, 20)
    expect((await readMask(client, place)).data).toEqual(more.data)
    await step(client, place, 'undo')
    expect((await readMask(client, place)).data).toEqual(painted.at(-1)!.data)
    await client['project.close']({ project })
    expect(await client['project.verify']({ path })).toMatchObject({ ok: true })
    rmSync(path)
  })
})

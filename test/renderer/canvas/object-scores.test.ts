import { beforeAll, describe, expect, it } from 'vitest'
import type { ReviewedImage } from '#common/contract/procedures/reviewing.ts'
import type { ImageEditor } from '../../../renderer/canvas/image-editor.ts'
import type { CanvasImage } from '../../../renderer/canvas/canvas-image.ts'
import { objectRows, partsOfObject } from '../../../renderer/stores/object-rows.ts'
import { useEngine, useFolder } from '../../main/engine/engine-tools.ts'
import { setUpObjects } from '../../main/engine/object-setting.ts'
import { baseOf, invertSquare, readMask, type Place } from '../../main/engine/review-tools.ts'
import { diffTiles, encodeTiles } from '#common/mask/tile-patch.ts'
import { openSession } from './canvas-tools.ts'

const root = useFolder()
const { client } = useEngine()
let setting: Awaited<ReturnType<typeof setUpObjects>>
beforeAll(async () => {
  setting = await setUpObjects(client, root)
})

const read = () => client['image.read']({ project: setting.project, image: 1 })
const choose = (choice: { minConfidence?: number; pick?: 'union' | 'biggest' }) =>
  client['objects.choose']({ project: setting.project, choice })
const leave = (leftOut: number[] | null) =>
  client['image.object']({ project: setting.project, image: 1, leftOut, auditor: 'Ada' })

function opened(image: ReviewedImage): ImageEditor {
  const instances = image.instances.map(({ machine, correction, ...rest }) => ({
    ...rest,
    machine,
    base: (correction ?? machine)!,
  }))
  const canvasImage: CanvasImage = {
    ...{ id: image.id, width: image.width, height: image.height, maps: image.maps, instances },
    ...{ isPhotoHere: true, tileUrl: () => '', objectOf: (areas) => partsOfObject(image, areas) },
  }
  return openSession(canvasImage).editor
}

/** Scores as the canvas takes them, beside those that the engine kept. */
function bothScores(image: ReviewedImage): { live: (number | null)[]; kept: (number | null)[] } {
  const live = opened(image).takeScores()!.scores
  return { live: live.map(({ obalex }) => obalex), kept: image.maps.map(({ score }) => score!.obalex) }
}

function expectSame({ live, kept }: { live: (number | null)[]; kept: (number | null)[] }): void {
  expect(live).toHaveLength(kept.length)
  for (const [i, score] of live.entries()) {
    if (kept[i] === null) expect(score).toBeNull()
    else expect(score).toBeCloseTo(kept[i]!, 10)
  }
}

describe('live scores of a chosen object', () => {
  it('are those of the engine after each choice', async () => {
    const [a, b, c] = setting.instances(1) as [number, number, number]
    const choices: (() => Promise<unknown>)[] = [
      () => choose({ minConfidence: 0 }),
      () => choose({ minConfidence: 0.7 }),
      () => choose({ minConfidence: 0.95 }),
      () => choose({ minConfidence: 0.2, pick: 'biggest' }),
      () => leave([a]),
      () => leave([b, c]),
      () => leave([]),
      () => leave([a, b, c]),
      () => leave(null),
      () => choose({ minConfidence: 0, pick: 'union' }),
    ]
    const seen = new Set<string>()
    for (const make of choices) {
      await make()
      const image = await read()
      const parts = objectRows(image, new Map()).map(({ isPart }) => isPart)
      expect(parts).toEqual(image.instances.map(({ isObject }) => isObject))
      const scores = bothScores(image)
      expectSame(scores)
      seen.add(String(scores.live))
    }
    expect(seen.size).toBeGreaterThan(4)
  })

  it('follow a stroke that makes another instance the biggest, as the review that it ends in does', async () => {
    await choose({ pick: 'biggest' })
    const place: Place = { project: setting.project, image: 1, instance: setting.instances(1)[1]! }
    const before = await readMask(client, place)
    const after = invertSquare(before, 0, 0, 34)
    const tiles = encodeTiles(diffTiles(before, after))
    const parts = (editor: ImageEditor, image: ReviewedImage) => [...partsOfObject(image, editor.document.areas)]

    const untouched = await read()
    const editor = opened(untouched)
    expect(parts(editor, untouched)).toEqual([setting.instances(1)[0]])
    editor.takeScores()
    editor.setInstance(place.instance)
    expect(editor.strokes.begin('brush')).toBe(true)
    editor.strokes.paint((document) => {
      for (let y = 0; y < 34; y++) document.paintRun(y, 0, 34, true)
    })
    editor.commitStroke()
    expect(parts(editor, untouched)).toEqual([place.instance])
    const painted = editor.takeScores()!.scores.map(({ obalex }) => obalex)
    editor.undo()
    expect(parts(editor, untouched)).toEqual([setting.instances(1)[0]])
    expectSame({
      live: editor.takeScores()!.scores.map(({ obalex }) => obalex),
      kept: untouched.maps.map(({ score }) => score!.obalex),
    })

    await client['mask.paint']({ ...place, base: await baseOf(client, place), auditor: 'Ada', tool: 'brush', tiles })
    const journaled = opened(await read())
    expect(journaled.takeScores()!.scores.map(({ obalex }) => obalex)).toEqual(painted)
    journaled.strokes.trace()
    const [bar] = journaled.strokes.takeBars()!
    expect([...bar!.scores.values()]).toEqual(painted)
    await client['review.save']({ ...{ project: place.project, image: 1 }, verdict: 'accept', auditor: 'Ada' })
    const reviewed = await read()
    expect(reviewed.instances.map(({ isObject }) => isObject)).toEqual([false, true, false])
    expectSame({ live: painted, kept: reviewed.maps.map(({ score }) => score!.obalex) })
  })
})

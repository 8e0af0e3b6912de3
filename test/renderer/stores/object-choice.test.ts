import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ObjectRules } from '#common/classes/object-rule.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ReviewedImage } from '#common/contract/procedures/reviewing.ts'
import { useCanvasView } from '../../../renderer/stores/canvas-view.ts'
import { useImages } from '../../../renderer/stores/images.ts'
import { useObjectChoice } from '../../../renderer/stores/object-choice.ts'
import { objectRows } from '../../../renderer/stores/object-rows.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useReview } from '../../../renderer/stores/review.ts'
import { useToasts } from '../../../renderer/stores/toasts.ts'
import { makeWindow, reviewedImage, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

type Input = { readonly image: number; readonly leftOut: number[] | null; readonly auditor: string }

/** Image 1 with three instances, of 12, 6 and 3 of its 12 pixels. */
function imageOfThree(leftOut: readonly number[] | null, rules: Partial<ObjectRules> = {}): ReviewedImage {
  const image = reviewedImage(1)
  const [whole] = image.instances
  const mask = (n: number) => ({ width: 4, height: 3, counts: new Uint32Array([0, n, 12 - n]) })
  return {
    ...image,
    label: 'cat',
    object: { ...image.object, ...rules, leftOut: leftOut && [...leftOut] },
    instances: [
      { ...whole!, id: 10, category: 'cat', score: 0.5, machine: mask(12) },
      { ...whole!, id: 11, category: 'cat', score: 0.9, machine: mask(6), correction: mask(3), revision: 1 },
      { ...whole!, id: 12, category: 'dog', machine: null, correction: mask(3) },
    ],
  }
}

/** Image 1 in Review, of an engine that keeps what is chosen. */
async function openThree(
  fail: () => boolean = () => false,
): Promise<{ engine: FakeEngine; chosen: () => (number[] | null)[] }> {
  let leftOut: number[] | null = null
  const engine = makeWindow({
    'image.read': () => imageOfThree(leftOut),
    'image.object': (said: Input) => {
      if (fail()) throw new AppError('file.unwritable', 'the disk is full')
      leftOut = said.leftOut
      return {}
    },
  })
  useReview()
  await useProject().open('/p/pets.obalex')
  await vi.waitFor(() => expect(useImages().rows).toHaveLength(3))
  await useReview().open(1)
  const calls = () => engine.calls.filter(({ name }) => name === 'image.object')
  return { engine, chosen: () => calls().map(({ input }) => (input as Input).leftOut) }
}

describe('the rows of the objects', () => {
  it('say what each instance is, how large, and where it stands', () => {
    expect(objectRows(imageOfThree(null), new Map())).toEqual([
      {
        id: 10,
        number: 1,
        category: 'cat',
        score: 0.5,
        areaShare: 1,
        origin: 'machine',
        standing: 'rule',
        isPart: true,
      },
      {
        id: 11,
        number: 2,
        category: 'cat',
        score: 0.9,
        areaShare: 0.25,
        origin: 'corrected',
        standing: 'rule',
        isPart: true,
      },
      {
        id: 12,
        number: 3,
        category: 'dog',
        score: null,
        areaShare: 0.25,
        origin: 'drawn',
        standing: 'other-class',
        isPart: false,
      },
    ])
  })

  it('follow the areas of what is painted', () => {
    const image = imageOfThree(null, { choice: { minConfidence: 0, pick: 'biggest' } })
    const standings = (areas: [number, number][]) => objectRows(image, new Map(areas)).map(({ standing }) => standing)
    expect(standings([])).toEqual(['rule', 'not-biggest', 'other-class'])
    expect(standings([[10, 2]])).toEqual(['not-biggest', 'rule', 'other-class'])
  })
})

describe('the object of the image under review', () => {
  it('is chosen by hand on top of the rule, and goes back to it', async () => {
    const { chosen, engine } = await openThree()
    const objects = useObjectChoice()
    const parts = () => objects.rows.filter(({ isPart }) => isPart).map(({ id }) => id)
    expect([objects.isByHand, parts()]).toEqual([false, [10, 11]])
    objects.setPart(11, false)
    expect([objects.isByHand, parts()]).toEqual([true, [10]]) // at once
    objects.setPart(12, true)
    await vi.waitFor(() => expect(useReview().image?.object.leftOut).toEqual([11]))
    expect(parts()).toEqual([10, 12])
    expect(chosen()).toEqual([[11, 12], [11]])
    expect(engine.calls.find(({ name }) => name === 'image.object')?.input).toMatchObject({
      image: 1,
      auditor: 'auditor',
    })

    objects.backToRule()
    await vi.waitFor(() => expect(useReview().image?.object.leftOut).toBeNull())
    expect([objects.isByHand, parts()]).toEqual([false, [10, 11]])
    const toast = useToasts().shown.find(({ action }) => action !== undefined)!
    toast.action!.run()
    await vi.waitFor(() => expect(useReview().image?.object.leftOut).toEqual([11]))
    expect(parts()).toEqual([10, 12])
  })

  it('stays as it was where the choice was not saved', async () => {
    await openThree(() => true)
    const objects = useObjectChoice()
    objects.setPart(11, false)
    await vi.waitFor(() => expect(useToasts().shown).toMatchObject([{ kind: 'error' }]))
    expect([objects.isByHand, objects.rows.map(({ isPart }) => isPart)]).toEqual([false, [true, true, false]])
  })

  it('is not chosen while strokes could not be saved, which reading the image again would lose', async () => {
    const { chosen } = await openThree()
    const objects = useObjectChoice()
    const canvas = useCanvasView()
    canvas.history = { ...canvas.history, isPaused: true }
    objects.setPart(11, false)
    expect([objects.canChoose, objects.isByHand, chosen()]).toEqual([false, false, []])
  })
})

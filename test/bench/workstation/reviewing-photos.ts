import type { Figures } from './figures.ts'
import type { MeasuredPage } from './measured-page.ts'

/** at 60 a second; clocks of pages read 16.6 to 16.8 */
const frameMs = 17
const journalKept = /strokes?, kept/

/**
 * Reviews photos of 12 megapixels.
 * @param first number of the photo that is on screen
 * @returns number of the photo that is on screen then
 */
export async function benchReviewing(measured: MeasuredPage, figures: Figures, first: number): Promise<number> {
  await benchZooming(measured, figures)
  await benchStrokes(measured, figures)
  await benchVerdicts(measured, figures)
  return benchNextImages(measured, figures, first)
}

async function benchZooming(measured: MeasuredPage, figures: Figures): Promise<void> {
  const { page } = measured
  for (const [name, key] of [
    ['fit', 'Control+f'],
    ['100 %', 'Control+0'],
  ] as const) {
    await page.keyboard.press(key)
    await measured.quiet()
    for (const step of ['zoom', 'pan'] as const) {
      await measured.frames(48, step) // what comes into sight is loaded
      await measured.quiet()
      figures.add(`${step} at ${name}, a frame`, await measured.frames(96, step), frameMs)
    }
  }
  await page.keyboard.press('Control+f')
  await measured.quiet()
}

/** Strokes by real mouse events, of the brush, by turns to the right and to the left, each undone. */
async function benchStrokes(measured: MeasuredPage, figures: Figures): Promise<void> {
  const { page } = measured
  const canvas = page.getByRole('application')
  const box = (await canvas.boundingBox())!
  await page.keyboard.press('b')
  for (let larger = 0; larger < 5; larger++) await page.keyboard.press(']')
  const toPixel: number[] = []
  const toScores: number[] = []
  await measured.takeCalls('mask.paint')
  for (let stroke = 0; stroke < 6; stroke++) {
    // left of the object, so that each event adds pixels
    const y = box.y + box.height * (0.25 + 0.09 * stroke)
    await page.mouse.move(box.x + box.width * 0.05, y)
    await page.evaluate(followStroke)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.24, y + 30, { steps: 25 })
    const found = await page.evaluate(() => window.stroke!.stop())
    await page.mouse.up()
    toPixel.push(...found.toPixel)
    toScores.push(...found.toScores)
    await measured.quiet()
    if (!journalKept.test((await page.getByRole('region', { name: 'Stroke journal' }).textContent())!)) {
      throw new Error('a stroke was not kept')
    }
  }
  figures.add('stroke: pointer event to pixel', toPixel, 16)
  figures.add('stroke: pointer event to 4 scores on screen', toScores, 16)
  figures.add('stroke: journal write, asked for and answered', await measured.takeCalls('mask.paint'), 20)
  for (let stroke = 0; stroke < 6; stroke++) await page.keyboard.press('Control+z')
  await measured.quiet()
}

async function benchVerdicts(measured: MeasuredPage, figures: Figures): Promise<void> {
  const times: number[] = []
  for (const [i, key] of ['3', '1', '4', '2', '3', '1', '4', '1'].entries()) {
    const index = Number(key) - 1
    times.push(await measured.press(key, isVerdictChosen, index))
    if (i % 2 === 1) await measured.page.evaluate(() => window.probe.afterFrame())
  }
  figures.add('key to visible verdict', times, 50)
}

function isVerdictChosen(index: number): boolean {
  return document.querySelectorAll('[role=radiogroup] [role=radio]')[index]?.getAttribute('aria-checked') === 'true'
}

/** Goes on by D, by Enter (which saves) and back by A, when what is read ahead is there. */
async function benchNextImages(measured: MeasuredPage, figures: Figures, first: number): Promise<number> {
  let number = first
  const [next, sharp, saved, back]: number[][] = [[], [], [], []]
  for (let i = 0; i < 3; i++) {
    await measured.quiet()
    next!.push(await measured.goToPhoto('d', ++number))
    await measured.quiet()
    sharp!.push(await measured.goToPhoto('d', ++number, { isSharp: true }))
    await measured.quiet()
    back!.push(await measured.goToPhoto('a', --number, { isSharp: true }))
    await measured.press('1', isVerdictChosen, 0)
    await measured.quiet()
    saved!.push(await measured.goToPhoto('Enter', ++number, { isSharp: true }))
  }
  await measured.quiet()
  figures.add('next image (D), photo in sight', next!, 100)
  figures.add('next image (D), photo sharp', sharp!, 100)
  figures.add('image before (A), photo sharp', back!, 100)
  figures.add('save and next (Enter), photo sharp', saved!, 100)
  return number
}

/** From pointer event to painted frame of each event, and whether the scores had changed on screen by then. */
interface FollowedStroke {
  stop(): { readonly toPixel: number[]; readonly toScores: number[] }
}

declare global {
  interface Window {
    stroke?: FollowedStroke
  }
}

/** Runs in the page. */
function followStroke(): void {
  const { probe } = window
  const toPixel = probe.follow('pointermove')
  const toScores: number[] = []
  let waiting: number | null = null
  let hasChanged = false
  let isStopped = false
  const changes = new MutationObserver(() => (hasChanged = true))
  for (const meter of document.querySelectorAll('[role=meter]')) {
    changes.observe(meter, { attributes: true, attributeFilter: ['aria-valuenow'] })
  }
  const onMove = ({ timeStamp }: Event): void => void (waiting ??= timeStamp)
  window.addEventListener('pointermove', onMove, { capture: true })
  const onFrame = (at: number): void => {
    if (hasChanged && waiting !== null) {
      toScores.push(at - waiting)
      waiting = null
    }
    hasChanged = false
    if (!isStopped) void probe.afterFrame().then(onFrame)
  }
  void probe.afterFrame().then(onFrame)
  window.stroke = {
    stop() {
      isStopped = true
      changes.disconnect()
      window.removeEventListener('pointermove', onMove, { capture: true })
      return { toPixel: toPixel.stop(), toScores }
    },
  }
}

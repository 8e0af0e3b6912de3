import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Locator, type Page } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { makeScoredProject, openWorkspace, ReviewPage, serveInTest } from './workstation.ts'

const root = useFolder()
const { newPage } = useBrowser()
const patience = 180_000

/** Review with the tools of this test: what is drawn on the canvas, and the parts around it. */
class DeepReview extends ReviewPage {
  readonly chart: Locator
  readonly queue: Locator
  /** without an image in it */
  readonly url: string

  constructor(page: Page, url: string) {
    super(page)
    this.url = url
    this.chart = page.getByRole('slider', { name: 'Which stroke is shown' })
    this.queue = page.getByRole('listbox', { name: 'Queue' })
  }

  async added(): Promise<number> {
    const figure = this.page.locator('.correction dl > div').filter({ hasText: 'Added' })
    const text = (await figure.locator('dd').textContent()) ?? ''
    return Number(text.replace(/[^\d]/g, ''))
  }
}

/** What lies over the middle of something; null: nothing. */
function coverOf(locator: Locator): Promise<string | null> {
  return locator.evaluate((element) => {
    // what lets clicks through is not found where it lies
    ;(element as HTMLElement).style.pointerEvents = 'auto'
    const { left, top, width, height } = element.getBoundingClientRect()
    const found = document.elementFromPoint(left + width / 2, top + height / 2)
    return found === null || element.contains(found) ? null : found.outerHTML.slice(0, 200)
  })
}

describeInBrowser('Review in depth', () => {
  let project: string

  beforeAll(async () => {
    project = await makeScoredProject(folderIn(root), 4)
  }, patience)

  async function open(): Promise<DeepReview> {
    const url = await serveInTest(project, folderIn(root))
    const page = await newPage()
    await page.goto(url)
    const review = new DeepReview(page, url)
    await review.openFirst()
    return review
  }

  it(
    'paints with every tool, each use one stroke, and goes back to the state after any of them',
    async () => {
      const review = await open()
      const { page } = review
      const { keyboard } = page
      const strokes = (n: number): Promise<void> => expect(review.journal).toContainText(`${n} stroke`)

      await keyboard.press('p')
      for (const at of [
        [0.2, 0.25],
        [0.35, 0.25],
        [0.35, 0.4],
      ] as const)
        await review.click(at)
      await expect(review.journal).toContainText('3 corners')
      await keyboard.press('Backspace')
      await expect(review.journal).toContainText('2 corners')
      await review.click([0.35, 0.45])
      await keyboard.press('Enter')
      await strokes(1)
      expect(await review.added()).toBeGreaterThan(100)

      await keyboard.press('w')
      await review.click([0.8, 0.85])
      await strokes(2)

      const before = await review.added()
      await keyboard.press('Control+]')
      await expect.poll(() => review.added()).toBeGreaterThan(before)
      const byOne = await review.added()
      await page.getByRole('slider', { name: 'Radius' }).press('End')
      await expect.poll(() => review.added()).toBeGreaterThan(byOne)
      await keyboard.press('Escape')
      await expect.poll(() => review.added()).toBe(before)
      await strokes(2)
      await keyboard.press('Control+]')
      await keyboard.press('Enter')
      await strokes(3)

      await keyboard.press('Control+Shift+H')
      await keyboard.press('Control+Backspace')
      await expect.poll(() => review.added()).toBe(0)

      await review.chart.focus()
      await keyboard.press('Home')
      await keyboard.press('ArrowRight')
      await expect(review.journal).toContainText('As it was after stroke 1 of')
      const shown = await review.added()
      expect(shown).toBeGreaterThan(100)
      await keyboard.press('Enter')
      await expect(review.journal).not.toContainText('As it was')
      expect(await review.added()).toBe(shown)

      await page.reload()
      await review.save.waitFor()
      await expect.poll(() => review.added()).toBe(shown)
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true })
    },
    patience,
  )

  it(
    'compares, peeks, hides and restyles without a stroke',
    async () => {
      const review = await open()
      const { keyboard } = review.page
      await expect.poll(async () => (await review.pixel(0, [0.5, 0.5]))[3]).toBe(255)
      const heat = (): Promise<readonly number[]> => review.pixel(1, [0.6, 0.3])
      const inferno = await heat()
      await keyboard.press('c')
      const divider = review.page.getByRole('separator', { name: 'Divider between' })
      await expect(divider).toHaveAttribute('aria-label', /machine mask and correction/)
      await keyboard.press('Shift+c')
      await expect(divider).toHaveAttribute('aria-label', /Occlusion and Grad-CAM/)
      await expect.poll(heat).not.toEqual(inferno)
      await divider.focus()
      await keyboard.press('ArrowRight')
      await expect(divider).toHaveAttribute('aria-valuenow', '52')
      await review.canvas.focus()
      await expect(review.page.getByRole('list', { name: 'Legend' })).toBeVisible()
      expect(await coverOf(review.page.locator('.hud.legend'))).toBeNull()
      await keyboard.press('c')
      await expect(divider).toHaveCount(0)
      await expect.poll(heat).toEqual(inferno)

      await keyboard.down('`')
      await expect.poll(async () => (await heat())[3]).toBe(0)
      await keyboard.up('`')
      await expect.poll(heat).toEqual(inferno)

      const masks = review.canvas.locator('canvas').nth(2)
      await keyboard.press('Shift+{')
      await expect(masks).toHaveCSS('opacity', '0.9')
      await review.page.getByRole('button', { name: 'How masks and heat maps look' }).click()
      await review.page.getByRole('button', { name: 'Cividis' }).click()
      await expect.poll(heat).not.toEqual(inferno)
    },
    patience,
  )

  it(
    'flags, filters, keeps the sizes of panels, and has no fault that axe finds',
    async () => {
      const review = await open()
      const { page } = review
      await page.keyboard.press('k')
      await page.getByRole('button', { name: 'Flagged' }).click()
      await expect(review.queue.getByRole('option', { name: /flagged$/ })).toHaveCount(1)
      await page.reload()
      await review.save.waitFor()
      await page.getByRole('button', { name: 'Flagged' }).click()
      await expect(review.queue.getByRole('option', { name: /flagged$/ })).toHaveCount(1)
      await page.getByRole('button', { name: 'All', exact: true }).click()

      await review.canvas.focus()
      await page.keyboard.press('1')
      await page.keyboard.press('Enter')
      await expect(page.getByText('Acceptable so far').first()).toBeVisible()
      await page.getByRole('button', { name: 'Filters of the queue' }).click()
      await page.getByRole('combobox', { name: 'Verdict' }).selectOption({ label: 'Accept' })
      await expect(review.queue.getByRole('option')).toHaveCount(1)
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
      await page.keyboard.press('Escape')

      const inspector = page.getByRole('complementary', { name: 'Inspector' })
      const edge = page.getByRole('separator', { name: 'Width of the inspector' })
      await edge.focus()
      await page.keyboard.press('ArrowLeft')
      await expect(inspector).toHaveCSS('width', '360px')
      await page.reload()
      await review.save.waitFor()
      await expect(inspector).toHaveCSS('width', '360px')
      await edge.dblclick()
      await expect(inspector).toHaveCSS('width', '344px')
    },
    patience,
  )

  it(
    'says so where every image has a verdict',
    async () => {
      const review = await open()
      await review.acceptByKeyboard(4)
      await review.page.goto('about:blank')
      await review.page.goto(review.url)
      await openWorkspace(review.page, 'Review')
      await expect(review.page.getByRole('heading', { name: 'Every image has a verdict' })).toBeVisible()
      await review.page.getByRole('button', { name: 'Open the first image' }).click()
      await review.save.waitFor()
    },
    patience,
  )
})

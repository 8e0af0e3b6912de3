import { expect, type Page, type Route } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { describeInEachHost } from './hosts.ts'
import { makeScoredProject, ReviewPage, serveInTest } from './workstation.ts'

const root = useFolder()
const patience = 180_000
const tiles = /\/image\/(\d+)\/tile\//
const middle = [0.5, 0.5] as const
let project: string

beforeAll(async () => {
  project = await makeScoredProject(folderIn(root), 4)
}, patience)

async function expectPhoto(review: ReviewPage): Promise<void> {
  await expect.poll(async () => (await review.pixel(0, middle))[3]).toBe(255)
}

/** All that is drawn of the photo. */
function drawnPhoto(review: ReviewPage): Promise<string> {
  const layer = review.canvas.locator('canvas').first()
  return layer.evaluate((element) => (element as HTMLCanvasElement).toDataURL())
}

describeInEachHost('The photo in Review', (host) => {
  it(
    'is drawn, and its colours can be read: the wand takes what is like the place that was clicked',
    async () => {
      const workstation = await host.start(project, { home: folderIn(root) })
      const review = new ReviewPage(workstation.page)
      await review.openFirst()
      await expectPhoto(review)
      await workstation.page.keyboard.press('w')
      await review.click([0.8, 0.85])
      await expect(review.journal).toContainText('1 stroke, kept')
      await workstation.page.keyboard.press('Control+z')
      await expect(review.journal).toContainText('no strokes')
      expect(workstation.troubles).toEqual([])
      await workstation.close()
    },
    patience,
  )
})

describeInBrowser('Tiles of a photo', () => {
  const { newPage } = useBrowser()

  /** Review in a browser whose requests for tiles the test answers. */
  async function open(answer: (route: Route) => Promise<void>): Promise<{ page: Page; review: ReviewPage }> {
    const url = await serveInTest(project, folderIn(root))
    const page = await newPage()
    await page.route(tiles, answer)
    await page.goto(url)
    const review = new ReviewPage(page)
    await review.openFirst()
    return { page, review }
  }

  it(
    'are asked for again where they do not come, though nobody moves the view',
    async () => {
      const times = new Map<string, number>()
      const { review } = await open((route) => {
        const n = (times.get(route.request().url()) ?? 0) + 1
        times.set(route.request().url(), n)
        if (n === 1) return route.abort('connectionreset')
        if (n === 2) return route.fulfill({ status: 500, body: 'not now' })
        return n === 3 ? route.fulfill({ contentType: 'image/webp', body: 'half a pict' }) : route.continue()
      })
      await expectPhoto(review)
      expect(Math.max(...times.values())).toBe(4)
    },
    patience,
  )

  it(
    'that come late are drawn on the image that they are of, and wherever it is by then',
    async () => {
      const held: Route[] = []
      let isHeld = false
      const { page, review } = await open(async (route) => {
        if (isHeld) held.push(route)
        else await route.continue()
      })
      const label = (): Promise<string | null> => review.canvas.getAttribute('aria-label')
      const goTo = async (key: 'd' | 'a'): Promise<void> => {
        const shown = await label()
        await page.keyboard.press(key)
        await expect(review.canvas).not.toHaveAttribute('aria-label', shown!)
      }
      await expectPhoto(review)
      const first = await drawnPhoto(review)
      await goTo('d')
      await expectPhoto(review)
      const second = await drawnPhoto(review)
      expect(second).not.toBe(first)

      // nothing is here of either: all is lost with the page
      isHeld = true
      await page.reload()
      await review.save.waitFor()
      await expect.poll(() => held.length).toBeGreaterThan(0)
      await goTo('a')
      expect((await review.pixel(0, middle))[3]).toBe(0)
      await page.setViewportSize({ width: 1500, height: 900 })
      await goTo('d')
      await page.setViewportSize({ width: 1600, height: 1000 })
      isHeld = false
      await Promise.all(held.map((route) => route.continue()))
      await expect.poll(() => drawnPhoto(review)).toBe(second)
      await goTo('a')
      await expect.poll(() => drawnPhoto(review)).toBe(first)
    },
    patience,
  )
})

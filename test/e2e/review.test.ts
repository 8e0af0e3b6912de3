import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { computeProcessOf, gone } from '../builders/processes.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { makeScoredProject, ReviewPage, serve } from './workstation.ts'

const root = useFolder()
const { newPage } = useBrowser()
const patience = 180_000

interface Instances {
  readonly instances: readonly { readonly revision: number; readonly auditor: string | null }[]
}

/** What went wrong in the page, as its console and its errors tell it. */
function troubles(page: Page): string[] {
  const found: string[] = []
  page.on('pageerror', ({ message }) => found.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(message.text())
  })
  return found
}

describeInBrowser('Review in a browser', () => {
  let project: string

  beforeAll(async () => {
    project = await makeScoredProject(folderIn(root), 10)
  }, patience)

  it(
    'shows scores change while a correction is painted, and keeps it through reload, kill -9 and restart',
    async () => {
      const home = folderIn(root)
      const server = await serve(project, { home })
      const page = await newPage()
      const found = troubles(page)
      await page.goto(server.url)
      const review = new ReviewPage(page)
      await review.openFirst()
      await expect(page.getByRole('meter')).toHaveCount(4)
      const before = await review.scores()

      await page.keyboard.press('b')
      await review.paint([0.4, 0.4], [0.6, 0.3])
      await expect(review.journal).toContainText('1 stroke, kept')
      const painted = await review.scores()
      expect(painted).not.toEqual(before)

      await page.keyboard.press('Control+z')
      await expect(review.undo).toBeDisabled()
      expect(await review.scores()).toEqual(before)
      await page.keyboard.press('Control+Shift+z')
      await expect(review.journal).toContainText('1 stroke, kept')
      expect(await review.scores()).toEqual(painted)

      await page.reload()
      await review.save.waitFor()
      await expect(review.journal).toContainText('1 stroke, kept')
      await expect.poll(() => review.scores()).toEqual(painted)
      expect(found).toEqual([])

      process.kill(server.pid, 'SIGKILL')
      await gone(server.pid)
      const again = await serve(project, { home, port: Number(new URL(server.url).port) })
      await page.goto(again.url)
      await review.openFirst()
      await expect(review.journal).toContainText('1 stroke, kept')
      await expect.poll(() => review.scores()).toEqual(painted)

      // the verdict is about the machine mask: minor needs a reason
      await page.keyboard.press('2')
      await page.keyboard.press('Enter')
      await expect(page.getByRole('alert').filter({ hasText: 'Pick a reason' })).toBeVisible()
      await page.getByRole('button', { name: 'Missed part' }).click()
      await page.keyboard.press('Enter')
      await expect(page.getByText(/saved as minor/i).first()).toBeVisible()
      await expect(review.journal).toContainText('no strokes')
      process.kill(again.pid, 'SIGINT')
      expect((await again.ended).status).toBe(0)

      const { instances } = await obalexJson<Instances>(['instances', project])
      expect(instances[0]).toMatchObject({ revision: 1, auditor: 'auditor' })
      expect(await obalexJson(['verify', project, '--recompute'])).toMatchObject({ ok: true })
    },
    patience,
  )

  it(
    'is done by keyboard alone, also while the compute process dies',
    async () => {
      const server = await serve(project, { home: folderIn(root) })
      const page = await newPage()
      await page.goto(server.url)
      const review = new ReviewPage(page)
      await review.openFirst()
      const compute = computeProcessOf(server.pid)
      if (compute !== undefined) process.kill(compute, 'SIGKILL')
      const progress = page.getByText(/^\d+ of 10 reviewed/).first()
      const nReviewed = async (): Promise<number> => Number.parseInt((await progress.textContent())!)
      for (let done = await nReviewed(); done < 10; done++) {
        const shown = await review.canvas.getAttribute('aria-label')
        await page.keyboard.press('1')
        await page.keyboard.press('Enter')
        await expect.poll(nReviewed).toBe(done + 1)
        // the next one is on screen; after the last one it stays
        if (done < 9) await expect(review.canvas).not.toHaveAttribute('aria-label', shown!)
      }
      process.kill(server.pid, 'SIGINT')
      expect((await server.ended).status).toBe(0)
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true })
    },
    patience,
  )

  it.each(['dark', 'light'] as const)(
    'has no fault that axe finds, in the %s theme',
    async (theme) => {
      const server = await serve(project, { home: folderIn(root) })
      const page = await newPage({ viewport: { width: 1280, height: 800 } })
      await page.addInitScript(
        (name) => localStorage.setItem('obalex.settings', JSON.stringify({ theme: name })),
        theme,
      )
      await page.goto(server.url)
      for (const view of ['Home', 'Images', 'Review']) {
        await page.locator('header').getByText(view, { exact: true }).click()
        if (view === 'Review') await new ReviewPage(page).openFirst()
        await page.waitForLoadState('networkidle')
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations.map(({ id, nodes }) => `${view}: ${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
      }
    },
    patience,
  )
})

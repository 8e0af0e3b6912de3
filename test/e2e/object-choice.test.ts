import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Locator, type Page } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { obalexJson } from '../main/cli/run-cli.ts'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { makeDetectedProject, ReviewPage, serve, stopServer, type Served } from './workstation.ts'

const root = useFolder()
const patience = 240_000

interface Instance {
  readonly image: string
  readonly isObject: boolean
  readonly standing: string
}

describeInBrowser('the object of an image', () => {
  const { newPage } = useBrowser()
  let project: string
  beforeAll(async () => {
    project = await makeDetectedProject(folderIn(root), 4)
  }, patience)

  /** Review of the first image, with the list of its objects. */
  async function open(theme = 'dark'): Promise<{ page: Page; server: Served; review: ReviewPage; list: Locator }> {
    const server = await serve(project, { home: folderIn(root) })
    const page = await newPage({ viewport: { width: 1280, height: 800 } })
    await page.addInitScript((value) => {
      const kept = JSON.parse(localStorage.getItem('obalex.settings') ?? '{}') as object
      localStorage.setItem('obalex.settings', JSON.stringify({ ...kept, theme: value }))
    }, theme)
    await page.goto(server.url)
    const review = new ReviewPage(page)
    await review.openFirst()
    const list = page.getByRole('list', { name: 'Objects of this image' })
    await list.waitFor()
    return { page, server, review, list }
  }

  async function standings(): Promise<string[]> {
    const { instances } = await obalexJson<{ instances: Instance[] }>(['instances', project])
    return instances.slice(0, 3).map(({ standing }) => standing)
  }

  async function savedScore(): Promise<number> {
    const { scores } = await obalexJson<{ scores: { image: string; obalex: number }[] }>(['scores', project])
    const { instances } = await obalexJson<{ instances: Instance[] }>(['instances', project])
    return scores.find(({ image }) => image === instances[0]!.image)!.obalex
  }

  it(
    'is chosen by hand in the list, beside the canvas, and goes back to the rule',
    async () => {
      const { page, server, review, list } = await open()
      const part = (n: number) => list.getByRole('checkbox').nth(n)
      const row = (n: number) => list.getByRole('button').nth(n)
      await expect(list.getByRole('listitem')).toHaveCount(3)
      await expect(row(2)).toHaveAccessibleName(/Confidence 0\.800.*machine · other class/)
      expect(await Promise.all([0, 1, 2].map((n) => part(n).isChecked()))).toEqual([true, true, false])
      const [ruled] = await review.scores()

      // by keyboard alone: the check box, then the rows
      await part(1).focus()
      await page.keyboard.press('Space')
      await expect(page.getByText('Chosen by hand')).toBeVisible()
      await expect(row(1)).toHaveAccessibleName(/left out by hand/)
      await expect.poll(async () => (await review.scores())[0]).not.toBe(ruled)
      const [chosen] = await review.scores()
      await row(0).focus()
      await page.keyboard.press('ArrowDown')
      await expect(row(1)).toBeFocused()
      await expect(row(1)).toHaveAttribute('aria-pressed', 'true')
      await expect(page.getByLabel('Object', { exact: true })).toHaveValue('2')
      await review.canvas.focus()
      await page.keyboard.press('q')
      await page.keyboard.press('Tab')
      await expect(row(2)).toHaveAttribute('aria-pressed', 'true')

      await page.reload()
      await list.waitFor()
      await expect(page.getByText('Chosen by hand')).toBeVisible()
      await expect.poll(async () => (await review.scores())[0]).toBe(chosen)

      await page.getByRole('button', { name: 'Back to the rule' }).click()
      await expect(part(1)).toBeChecked()
      await expect.poll(async () => (await review.scores())[0]).toBe(ruled)
      await page.getByRole('status').or(page.locator('body')).getByRole('button', { name: 'Undo' }).last().click()
      await expect(page.getByText('Chosen by hand')).toBeVisible()
      await stopServer(server)
      expect(await standings()).toEqual(['by-hand', 'left-out', 'left-out'])
      expect(await savedScore()).toBeCloseTo(chosen!, 3)
      expect(await obalexJson(['verify', project, '--recompute'])).toMatchObject({ ok: true })
    },
    patience,
  )

  it(
    'follows the rule that is chosen for all with the classes, and the stroke that makes another mask the biggest',
    async () => {
      const { page, server, review, list } = await open()
      const toRule = page.getByRole('button', { name: 'Back to the rule' })
      if (await toRule.isVisible()) await toRule.click()
      await expect(page.getByText('By the rule', { exact: true })).toBeVisible()
      await page.keyboard.press('Control+k')
      await page.keyboard.type('Classes')
      await page.keyboard.press('Enter')
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Of which classifier').selectOption({ label: 'Masks’ categories' })
      await dialog.getByLabel('Least confidence').fill('7')
      await expect(dialog.getByText('A number from 0 to 1')).toBeVisible()
      await dialog.getByLabel('Least confidence').fill('0.4')
      await dialog.getByRole('button', { name: 'The biggest only' }).click()
      await expect(dialog.getByText(/scored again with the new object/)).toBeVisible()
      await dialog.getByRole('button', { name: 'Save', exact: true }).click()
      await expect(dialog).toBeHidden()
      await expect(page.getByText(/confidence 0\.400 or more, only the biggest/)).toBeVisible()
      const second = list.getByRole('button').nth(1)
      await expect(second).toHaveAccessibleName(/not the biggest/)
      expect(await standings()).toEqual(['rule', 'not-biggest', 'other-class'])
      const { objects } = await obalexJson<{ objects: { choice: object } }>(['classes', project])
      expect(objects.choice).toEqual({ minConfidence: 0.4, pick: 'biggest' })

      await second.click()
      await page.keyboard.press('b')
      await page.getByLabel('Brush radius').fill('120')
      await review.paint([0.4, 0.5], [0.6, 0.5])
      await expect(review.journal).toContainText('1 stroke, kept')
      await expect(second).toHaveAccessibleName(/machine · in the object/)
      await expect(list.getByRole('button').first()).toHaveAccessibleName(/not the biggest/)
      const painted = (await review.scores())[0]!
      await page.keyboard.press('1')
      await page.keyboard.press('Enter')
      await expect(page.getByText(/saved as accept/i).first()).toBeVisible()
      await stopServer(server)
      expect(await standings()).toEqual(['not-biggest', 'rule', 'other-class'])
      expect(await savedScore()).toBeCloseTo(painted, 3)
      expect(await obalexJson(['verify', project, '--recompute'])).toMatchObject({ ok: true })
    },
    patience,
  )

  it.each(['dark', 'light'])(
    'has no fault that axe finds, in the %s theme',
    async (theme) => {
      const { page, server, list } = await open(theme)
      await list.getByRole('checkbox').first().focus()
      const faults = async (): Promise<string[]> => {
        const { violations } = await new AxeBuilder({ page }).analyze()
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
      }
      expect(await faults()).toEqual([])
      await page.keyboard.press('Control+k')
      await page.keyboard.type('Classes')
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').getByLabel('Of which classifier').selectOption({ label: 'Masks’ categories' })
      expect(await faults()).toEqual([])
      await stopServer(server)
    },
    patience,
  )
})

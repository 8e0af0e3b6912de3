import { AxeBuilder } from '@axe-core/playwright'
import { expect } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { describeInEachHost } from './hosts.ts'
import { makeScoredProject, openWorkspace, ReviewPage } from './workstation.ts'

const root = useFolder()
const patience = 240_000

describeInEachHost('The shell', (host) => {
  let project: string

  beforeAll(async () => {
    project = await makeScoredProject(folderIn(root), 60)
  }, patience)

  it(
    'finds commands and images in the palette, and gives the focus back',
    async () => {
      const { page, troubles } = await host.start(project, { home: folderIn(root) })
      const review = new ReviewPage(page)
      await review.openFirst()
      await review.canvas.focus()
      const palette = page.getByRole('dialog', { name: 'Command palette' })
      const chosen = palette.getByRole('option', { selected: true })

      await page.keyboard.press('Control+k')
      await expect(palette.getByRole('combobox')).toBeFocused()
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().include('dialog').analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
      await page.keyboard.press('Escape')
      await expect(palette).toBeHidden()
      await expect(review.canvas).toBeFocused()

      // the last one is reached from the first one, and comes into sight
      await page.keyboard.press('Control+k')
      await page.keyboard.press('ArrowUp')
      await expect(palette.getByRole('option').last()).toHaveAttribute('aria-selected', 'true')
      await expect(chosen).toBeInViewport()
      await page.keyboard.type('home')
      await expect(chosen).toContainText('Home')
      await page.keyboard.press('Enter')
      await expect(page.getByRole('heading', { name: 'Projects' })).toBeVisible()
      await expect(palette).toBeHidden()

      await page.keyboard.press('Control+k')
      await page.keyboard.type('nothing is called so')
      await expect(palette.getByRole('status')).toContainText('nothing is called so')
      // beside it is out of it
      await page.mouse.click(20, 400)
      await expect(palette).toBeHidden()

      await openWorkspace(page, 'Review')
      const file = await page.getByRole('listbox', { name: 'Queue' }).getByRole('option').nth(2).getAttribute('title')
      await page.keyboard.press('Control+k')
      await page.keyboard.type(file!)
      await palette.getByRole('option', { name: file! }).click()
      await expect(review.canvas).toHaveAttribute('aria-label', new RegExp(file!.replaceAll('.', '\\.')))
      expect(troubles).toEqual([])
    },
    patience,
  )

  it(
    'keeps the place in Images while another workspace is looked at',
    async () => {
      const { page } = await host.start(project, { home: folderIn(root), width: 1280, height: 800 })
      await openWorkspace(page, 'Images')
      const grid = page.getByRole('main').getByRole('listbox')
      await grid.getByRole('option').first().waitFor()
      await grid.hover()
      await page.mouse.wheel(0, 500)
      const placeOf = (): Promise<number> => grid.evaluate(({ scrollTop }) => Math.round(scrollTop))
      await expect.poll(placeOf).toBe(500)
      const shown = await grid.getByRole('option').first().getAttribute('title')
      await openWorkspace(page, 'Home')
      await expect(grid).toBeHidden()
      await openWorkspace(page, 'Images')
      await expect(grid).toBeVisible()
      expect(await placeOf()).toBe(500)
      await expect(grid.getByRole('option').first()).toHaveAttribute('title', shown!)
    },
    patience,
  )
})

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from '@playwright/test'
import { it } from 'vitest'
import { formatNpy } from '#main/files/npy.ts'
import { listImages } from '#main/files/list-images.ts'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { HomePage } from './home-page.ts'
import { makeSceneProject, openWorkspace, ReviewPage, serveInTest } from './workstation.ts'

const root = useFolder()
const patience = 180_000

describeInBrowser('Explanation maps made elsewhere', () => {
  const { newPage } = useBrowser()

  it(
    'are imported by the page after a dry run, and shown and scored as any others',
    async () => {
      const folder = folderIn(root)
      const project = await makeSceneProject(folder, 3)
      const files = await listImages(join(folder, 'photos'))
      const maps = join(folder, 'maps')
      for (const [i, file] of files.entries()) {
        const path = join(maps, file.replace(/\.\w+$/, '.npy'))
        mkdirSync(dirname(path), { recursive: true })
        const values = i === 0 ? [1, 2, -3, 4] : [1, 2, 3, 4]
        writeFileSync(path, formatNpy(Float32Array.from(values), [2, 2]))
      }
      const url = await serveInTest(project, folderIn(root))
      const page = await newPage()
      await page.goto(url)
      await expect(page.locator('header').getByText('Review')).toBeEnabled()
      await openWorkspace(page, 'Home')
      await new HomePage(page).importMaps({
        ...{ maps, method: 'SHAP', model: 'my network' },
        dryRun: ['2 new, 0 known, 1 refused', '-3', 'each map counts as explaining its image’s own label'],
        nNew: 2,
      })
      await openWorkspace(page, 'Images')
      const averages = page.getByRole('region', { name: 'Average scores' }).getByRole('article')
      await expect(averages).toHaveCount(1)
      await expect(averages).toContainText('SHAP')

      const review = new ReviewPage(page)
      const tile = page.getByRole('listbox', { name: 'Images' }).getByRole('option').nth(1)
      const file = (await tile.getAttribute('title'))!
      await tile.dblclick()
      await review.expectImage(file)
      await expect(page.getByRole('meter')).toHaveCount(1)
      await expect(page.getByText('Right or wrong: not known')).toBeVisible()
      const [before] = await review.scores()
      await page.keyboard.press('b')
      await review.paint([0.05, 0.1], [0.95, 0.9])
      await expect(review.journal).toContainText('1 stroke, kept')
      expect((await review.scores())[0]).not.toBe(before)
    },
    patience,
  )
})

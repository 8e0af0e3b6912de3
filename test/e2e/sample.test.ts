import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { it } from 'vitest'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { HomePage } from './home-page.ts'
import { describeInEachHost } from './hosts.ts'
import { openWorkspace, ReviewPage } from './workstation.ts'

const root = useFolder()
const patience = 300_000
const nImages = 210

interface Listed {
  readonly instances: readonly { readonly revision: number }[]
}
interface Averages {
  readonly results: readonly { readonly model: string; readonly method: string; readonly avgObalex: number }[]
}

describeInEachHost('A newcomer', (host) => {
  // to compute all of it once is enough; what was done before it was cancelled can be reviewed, too
  const isRunWhole = host.kind === 'browser'
  const nMaps = isRunWhole ? 4 : 2

  it(
    'goes from nothing by the sample to a corrected mask and a verdict, also over two cancellations',
    async () => {
      const sample = join(folderIn(root), 'my sample')
      const workstation = await host.start(null, { home: folderIn(root) })
      const { page } = workstation
      const [home, review] = [new HomePage(page), new ReviewPage(page)]
      await expect(page.getByText('No project yet.')).toBeVisible()
      await expect(page.locator('header').getByRole('button', { name: 'Review' })).toBeDisabled()

      await home.openSample(sample)
      await home.expectProgress('Making the sample')
      await home.cancelJob()
      await expect(page.getByText('No project yet.')).toBeVisible()
      expect(existsSync(join(sample, 'sample.obalex'))).toBe(false)
      await home.openSample(sample)
      await expect(page.getByText(/^210 images, \d+ masks$/)).toBeVisible({ timeout: 120_000 })
      await expect(page.getByText('Not scored yet').first()).toBeVisible()

      await home.offer.click()
      await home.expectProgress('Running the classifiers')
      await expect(home.offer).toBeHidden()
      await home.cancelJob()
      await expect(home.offer).toBeVisible()
      if (isRunWhole) {
        await home.offer.click()
        await home.expectProgress('Running the classifiers')
        // a window that is loaded again follows the run, and offers no second one
        await page.reload()
        await home.expectProgress('Running the classifiers')
        await expect(home.offer).toBeHidden()
        await expect(home.messages.getByText('The run is done.')).toBeVisible({ timeout: 180_000 })
        await expect(home.offer).toBeHidden()
        await expect(page.getByText('Scored, 2 classifiers')).toBeVisible()
      }

      await openWorkspace(page, 'Images')
      await expect(page.getByRole('region', { name: 'Average scores' }).getByRole('article')).toHaveCount(nMaps)
      const tile = page.getByRole('listbox', { name: 'Images' }).getByRole('option').first()
      const file = (await tile.getAttribute('title'))!
      await tile.dblclick()
      await review.expectImage(file)

      await expect(page.getByRole('meter')).toHaveCount(nMaps)
      const before = await review.scores()
      await page.keyboard.press('b')
      await review.paint([0.4, 0.4], [0.6, 0.3])
      await expect(review.journal).toContainText('1 stroke, kept')
      const after = await review.scores()
      for (const [i, score] of after.entries()) expect(score).not.toBe(before[i])
      await page.getByRole('radio', { name: /^Minor/ }).click()
      await page.getByRole('button', { name: 'Missed part' }).click()
      await review.save.click()
      await expect(page.getByText('1 saved as minor.').first()).toBeVisible()
      await expect(page.getByText(`1 of ${nImages} reviewed`).first()).toBeAttached()
      expect(workstation.troubles).toEqual([])
      await workstation.close()

      const project = join(sample, 'sample.obalex')
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true, photos: { present: nImages } })
      const { instances } = await obalexJson<Listed>(['instances', project])
      expect(instances.filter(({ revision }) => revision > 0)).toHaveLength(1)
      const { results } = await obalexJson<Averages>(['scores', project, '--by', 'model'])
      expect(results).toHaveLength(nMaps)
      for (const method of isRunWhole ? ['occlusion', 'gradcam'] : []) {
        const averageOf = (name: string): number =>
          results.find((row) => row.model === `sample-${name}` && row.method === method)!.avgObalex
        expect(averageOf('shortcut')).toBeLessThan(averageOf('fair'))
      }
    },
    patience,
  )
})

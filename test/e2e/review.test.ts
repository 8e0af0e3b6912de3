import { AxeBuilder } from '@axe-core/playwright'
import { expect } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { describeInEachHost } from './hosts.ts'
import { makeScoredProject, openWorkspace, ReviewPage } from './workstation.ts'

const root = useFolder()
const patience = 240_000

interface Instances {
  readonly instances: readonly { readonly revision: number; readonly auditor: string | null }[]
}

describeInEachHost('Review', (host) => {
  let project: string

  beforeAll(async () => {
    project = await makeScoredProject(folderIn(root), 10)
  }, patience)

  it(
    'shows scores change while a correction is painted, and keeps it through a reload and the end of the program',
    async () => {
      const home = folderIn(root)
      const first = await host.start(project, { home })
      const { page } = first
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
      expect(first.troubles).toEqual([])
      await first.close()

      const again = await host.start(project, { home })
      const reviewAgain = new ReviewPage(again.page)
      await reviewAgain.openFirst()
      await expect(reviewAgain.journal).toContainText('1 stroke, kept')
      await expect.poll(() => reviewAgain.scores()).toEqual(painted)

      // the verdict is about the machine mask: minor needs a reason
      await again.page.keyboard.press('2')
      await again.page.keyboard.press('Enter')
      await expect(again.page.getByRole('alert').filter({ hasText: 'Pick a reason' })).toBeVisible()
      await again.page.getByRole('button', { name: 'Missed part' }).click()
      await again.page.keyboard.press('Enter')
      await expect(again.page.getByText(/saved as minor/i).first()).toBeVisible()
      await expect(reviewAgain.journal).toContainText('no strokes')
      await again.close()

      const { instances } = await obalexJson<Instances>(['instances', project])
      expect(instances[0]).toMatchObject({ revision: 1, auditor: 'auditor' })
      expect(await obalexJson(['verify', project, '--recompute'])).toMatchObject({ ok: true })
    },
    patience,
  )

  it(
    'is done by keyboard alone, also while the compute process dies',
    async () => {
      const workstation = await host.start(project, { home: folderIn(root) })
      const { page } = workstation
      const review = new ReviewPage(page)
      await review.openFirst()
      const compute = await workstation.computePid()
      if (compute !== undefined) process.kill(compute, 'SIGKILL')
      await review.acceptByKeyboard(10)
      await workstation.close()
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true })
    },
    patience,
  )

  it.each(['dark', 'light'] as const)(
    'has no fault that axe finds, in the %s theme',
    async (theme) => {
      const { page } = await host.start(project, {
        home: folderIn(root),
        width: 1280,
        height: 800,
        settings: { theme },
      })
      for (const view of ['Home', 'Images', 'Review']) {
        await openWorkspace(page, view)
        if (view === 'Review') await new ReviewPage(page).openFirst()
        await page.waitForLoadState('networkidle')
        // the other mode opens a page of its own, which Electron has no place for
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
        expect(violations.map(({ id, nodes }) => `${view}: ${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
      }
    },
    patience,
  )
})

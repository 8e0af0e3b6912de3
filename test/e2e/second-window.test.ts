import { expect } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { describeInEachHost } from './hosts.ts'
import { StatesPage } from './states-page.ts'
import { makeScoredProject, openWorkspace, ReviewPage } from './workstation.ts'

const root = useFolder()
const patience = 240_000
const verdicts = ['Accept', 'Minor', 'Reject', 'Can’t judge']

describeInEachHost('A second window', (host) => {
  let project: string

  beforeAll(async () => {
    project = await makeScoredProject(folderIn(root), 4)
  }, patience)

  it(
    'shows what the first one saves and changes nothing, until it takes over',
    async () => {
      const workstation = await host.start(project, { home: folderIn(root) })
      const first = new ReviewPage(workstation.page)
      await first.openFirst()

      const page = await workstation.openWindow()
      const [second, states] = [new ReviewPage(page), new StatesPage(page)]
      await expect(states.readOnly).toContainText('Another window')
      await openWorkspace(page, 'Home')
      await expect(page.getByRole('button', { name: /COCO/ }).first()).toBeDisabled()
      await second.openFirst()
      await states.expectVerdicts('disabled', verdicts)
      await expect(states.verdict('Accept')).toHaveAttribute('title', /Another window writes/)
      await expect(second.save).toBeDisabled()
      await page.keyboard.press('b')
      await second.paint([0.4, 0.4], [0.6, 0.3])
      await expect(second.journal).toContainText('no strokes')

      // what is saved in the first one comes by itself
      await workstation.page.keyboard.press('b')
      await first.paint([0.4, 0.4], [0.6, 0.3])
      await workstation.page.keyboard.press('1')
      await workstation.page.keyboard.press('Enter')
      await expect(workstation.page.getByText(/saved as accept/i).first()).toBeVisible()
      await expect(page.getByText(/^1 of 4 reviewed/).first()).toBeAttached({ timeout: 20_000 })
      await expect(page.getByText(/Saved as accept by/).first()).toBeVisible()

      // a stroke alone leaves no entry in the log: it comes when it is asked for
      await first.paint([0.3, 0.5], [0.5, 0.6])
      await expect(first.journal).toContainText('1 stroke, kept')
      await second.openFirst()
      await page.keyboard.press('d')
      await states.refresh.click()
      await expect(second.journal).toContainText('1 stroke, kept')

      await states.takeOver.click()
      await expect(states.readOnly).toContainText('It is still open there')
      await workstation.page.close()
      await expect(async () => {
        await states.takeOver.click()
        await expect(states.readOnly).toBeHidden({ timeout: 1000 })
      }).toPass()
      await states.expectVerdicts('enabled', verdicts)
      await second.paint([0.5, 0.6], [0.6, 0.7])
      await expect(second.journal).toContainText('2 strokes, kept')
      await page.reload()
      await second.save.waitFor()
      await expect(states.readOnly).toBeHidden()
      await expect(second.journal).toContainText('2 strokes, kept')
      await page.keyboard.press('Control+z')
      await expect(second.journal).toContainText('1 stroke, kept')
      await page.keyboard.press('Control+Shift+z')
      await expect(second.journal).toContainText('2 strokes, kept')
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true })
    },
    patience,
  )

  it(
    'stays the writer through one reload after another',
    async () => {
      const workstation = await host.start(project, { home: folderIn(root) })
      const { page } = workstation
      const [review, states] = [new ReviewPage(page), new StatesPage(page)]
      await review.openFirst()
      for (let n = 0; n < 5; n++) {
        await page.reload()
        await review.save.waitFor()
        await expect(review.save).toBeEnabled()
        await expect(states.readOnly).toBeHidden()
      }
    },
    patience,
  )
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { expect } from '@playwright/test'
import { it } from 'vitest'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { writePhoto } from '../main/datasets/dataset-tools.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { HomePage } from './home-page.ts'
import { makeSceneProject, openWorkspace, ReviewPage, serveInTest } from './workstation.ts'

const root = useFolder()

describeInBrowser('An import', () => {
  const { newPage } = useBrowser()

  it('is undone where its result is told, and later from Home, but not over a verdict', async () => {
    const folder = folderIn(root)
    const project = await makeSceneProject(folder, 3)
    const images = join(folder, 'images')
    for (const file of ['ant/1.png', 'bee/1.png']) await writePhoto(images, file, 200, 100)
    const shape = '<polygon label="ant" points="20,20;120,20;120,80"/>'
    const records = ['ant', 'bee'].map(
      (name) => `<image id="0" name="${name}/1.png" width="200" height="100">${shape}</image>`,
    )
    writeFileSync(join(folder, 'annotations.xml'), `<annotations>${records.join('')}</annotations>`)

    const url = await serveInTest(project, folderIn(root))
    const page = await newPage()
    await page.goto(url)
    await expect(page.locator('header').getByText('Review')).toBeEnabled()
    const home = new HomePage(page)
    const review = new ReviewPage(page)
    const list = page.getByRole('listbox', { name: 'Images' })
    const tiles = list.getByRole('option')
    const importInsects = async (): Promise<void> => {
      await openWorkspace(page, 'Home')
      await home.importAnnotated(
        { card: /CVAT/, field: 'Annotation file' },
        { images, annotations: join(folder, 'annotations.xml'), nNew: 2, dryRun: ['2 new'] },
      )
      await expect(tiles).toHaveCount(5)
    }

    await importInsects()
    await home.messages.getByRole('button', { name: 'Undo import' }).click()
    await expect(home.messages.getByText('Import undone: 2 images, 2 masks.')).toBeVisible()
    await expect(tiles).toHaveCount(3)
    await expect(list.getByText('ant', { exact: true })).toHaveCount(0)

    await importInsects()
    await list.getByText('ant', { exact: true }).dblclick()
    await review.expectImage('ant/1.png')
    await openWorkspace(page, 'Home')
    const undo = await home.openUndo()
    await expect(undo.dialog).toContainText('2 images, 2 masks')
    await expect(undo.run).toBeEnabled()
    expect((await new AxeBuilder({ page }).include('[role=dialog]').analyze()).violations).toEqual([])
    await undo.dialog.getByRole('button', { name: 'Cancel' }).click()

    await openWorkspace(page, 'Review')
    await review.expectImage('ant/1.png')
    await page.keyboard.press('1')
    await page.keyboard.press('Enter')
    await expect(page.getByText(/saved as accept/i).first()).toBeVisible()
    await openWorkspace(page, 'Home')
    await home.openUndo()
    await expect(undo.dialog.getByRole('alert')).toContainText('People have worked on 1 image of this import since')
    await expect(undo.run).toBeDisabled()

    // the one before is of other images
    await undo.choice.selectOption({ index: 1 })
    await expect(undo.dialog).toContainText('3 images, 3 masks')
    await expect(undo.dialog.getByRole('alert')).toHaveCount(0)
    await undo.run.click()
    await expect(home.messages.getByText('Import undone: 3 images, 3 masks.')).toBeVisible()
    await expect(page.getByRole('article').filter({ hasText: '2 images, 2 masks' })).toBeVisible()
    await openWorkspace(page, 'Images')
    await expect(tiles).toHaveCount(2)
    // what was open there, or came next, may be gone
    await openWorkspace(page, 'Review')
    await review.expectImage('bee/1.png')
    expect(await obalexJson(['verify', project])).toMatchObject({ ok: true })
  }, 180_000)
})

import { join } from 'node:path'
import { expect } from '@playwright/test'
import { it } from 'vitest'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { makePhotos, writeCoco } from '../builders/dataset.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { makeSceneProject, openWorkspace, serveInTest } from './workstation.ts'

const root = useFolder()

describeInBrowser('A folder that is imported', () => {
  const { newPage } = useBrowser()

  it('is recognised, and what it looks like is taken with a click', async () => {
    const folder = folderIn(root)
    const project = await makeSceneProject(folder, 1)
    const data = join(folder, 'data')
    const photos = await makePhotos(join(data, 'photos'), { classes: ['cat'] })
    await writeCoco(join(data, 'instances.json'), photos)
    const page = await newPage()
    await page.goto(await serveInTest(project, folderIn(root)))
    await expect(page.locator('header').getByText('Review')).toBeEnabled()
    await openWorkspace(page, 'Home')
    await page
      .getByRole('main')
      .getByRole('button', { name: /Image folder/ })
      .click()
    const dialog = page.getByRole('dialog', { name: 'Import images' })
    const images = dialog.getByRole('textbox', { name: 'Folder of the photos' })
    await images.fill(data)
    await expect(dialog.getByText('This looks like COCO instances: 2 images, instances.json.')).toBeVisible()
    await dialog.getByRole('button', { name: 'Take it' }).click()
    await expect(images).toHaveValue(join(data, 'photos'))
    await expect(dialog.getByRole('textbox', { name: 'Annotation file' })).toHaveValue(join(data, 'instances.json'))
    await expect(dialog.getByText('This looks like')).toHaveCount(0)
    // what is typed over it is looked at again
    await dialog.getByRole('textbox', { name: 'Annotation file' }).fill('')
    await images.fill(data)
    await expect(dialog.getByText('This looks like COCO instances')).toBeVisible()
    await images.fill(join(folder, 'no such folder'))
    await expect(dialog.getByText('This looks like')).toHaveCount(0)
  }, 120_000)
})

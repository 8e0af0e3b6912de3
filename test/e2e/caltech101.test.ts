import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { it } from 'vitest'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { matFile } from '../builders/mat-file.ts'
import { writePhoto } from '../main/datasets/dataset-tools.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { HomePage } from './home-page.ts'
import { makeSceneProject, openWorkspace, serveInTest } from './workstation.ts'

const root = useFolder()

describeInBrowser('Caltech 101', () => {
  const { newPage } = useBrowser()

  it('is imported by the page from a folder of photos and one of annotations, after a dry run', async () => {
    const folder = folderIn(root)
    const project = await makeSceneProject(folder, 1)
    const [images, annotations] = [join(folder, '101_ObjectCategories'), join(folder, 'Annotations')]
    for (const number of [1, 2]) await writePhoto(images, `ant/image_000${number}.png`, 200, 100)
    mkdirSync(join(annotations, 'ant'), { recursive: true })
    const variables = {
      box_coord: { class: 'double', shape: [1, 4], data: [21, 81, 41, 161], stored: 'uint8' },
      obj_contour: { class: 'double', shape: [2, 4], data: [0, 0, 120, 0, 120, 60, 0, 60] },
    } as const
    writeFileSync(join(annotations, 'ant/annotation_0001.mat'), matFile(variables, { isCompressed: true }))
    const url = await serveInTest(project, folderIn(root))
    const page = await newPage()
    await page.goto(url)
    await expect(page.locator('header').getByText('Review')).toBeEnabled()
    await openWorkspace(page, 'Home')
    const format = { card: /Caltech 101/, field: 'Folder of the annotations' }
    await new HomePage(page).importAnnotated(format, {
      ...{ images, annotations, nNew: 2 },
      dryRun: ['2 new', '1 new', 'the photo is kept without one'],
    })
    await openWorkspace(page, 'Images')
    await expect(page.getByRole('listbox', { name: 'Images' }).getByText('ant', { exact: true })).toHaveCount(2)
  }, 180_000)
})

import { join } from 'node:path'
import { expect } from '@playwright/test'
import { it } from 'vitest'
import { maskPictures } from '#main/datasets/mask-pictures.ts'
import { openImages } from '#main/datasets/open-images.ts'
import { voc } from '#main/datasets/voc.ts'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { exportedImage, exportedInstance, quietContext, writePhoto } from '../main/datasets/dataset-tools.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { HomePage } from './home-page.ts'
import { makeSceneProject, openWorkspace, serveInTest } from './workstation.ts'

const root = useFolder()

describeInBrowser('Pascal VOC, PNG masks and Open Images', () => {
  const { newPage } = useBrowser()

  it('are imported by their cards from a folder of photos and one of masks, after a dry run', async () => {
    const folder = folderIn(root)
    const project = await makeSceneProject(folder, 1)
    const [insects, birds, trees] = [join(folder, 'insects'), join(folder, 'birds'), join(folder, 'trees')]
    for (const label of ['ant', 'bee']) await writePhoto(insects, `${label}/1.png`, 8, 6)
    for (const label of ['crow', 'duck', 'owl']) await writePhoto(birds, `${label}/1.png`, 8, 6)
    for (const label of ['elm', 'oak']) await writePhoto(trees, `${label}/1.png`, 8, 6)
    const instances = [exportedInstance({ category: 'animal' })]
    const [vocDir, masksDir, tablesDir] = [join(folder, 'voc'), join(folder, 'masks'), join(folder, 'tables')]
    await voc.write!({ outDir: vocDir }, [exportedImage({ file: 'ant/1.png', instances })], quietContext())
    await maskPictures.write!({ outDir: masksDir }, [exportedImage({ file: 'crow/1.png', instances })], quietContext())
    await openImages.write!({ outDir: tablesDir }, [exportedImage({ file: 'elm/1.png', instances })], quietContext())
    const url = await serveInTest(project, folderIn(root))
    const page = await newPage()
    await page.goto(url)
    await expect(page.locator('header').getByText('Review')).toBeEnabled()
    await openWorkspace(page, 'Home')
    const home = new HomePage(page)
    await home.importAnnotated(
      { card: /Pascal VOC/, field: 'Folder that holds SegmentationObject and Annotations' },
      {
        ...{ images: insects, annotations: vocDir, nNew: 2, dryRun: ['2 new', '1 new'] },
      },
    )
    // an import ends where its images are; what is said of it is told from what was said before by its number
    await openWorkspace(page, 'Home')
    await home.importAnnotated(
      { card: /PNG masks/, field: 'Folder of the masks' },
      {
        ...{ images: birds, annotations: masksDir, nNew: 3, dryRun: ['3 new', '1 new'] },
      },
    )
    await openWorkspace(page, 'Home')
    await home.importAnnotated(
      { card: /Open Images/, field: 'Folder of the tables and masks' },
      { images: trees, annotations: tablesDir, nNew: 2, dryRun: ['2 new', '1 new'] },
    )
    await openWorkspace(page, 'Images')
    const list = page.getByRole('listbox', { name: 'Images' })
    for (const label of ['ant', 'bee', 'crow', 'duck', 'elm', 'oak'])
      await expect(list.getByText(label, { exact: true })).toHaveCount(1)
  }, 180_000)
})

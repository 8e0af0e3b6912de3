import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { it } from 'vitest'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { writePhoto } from '../main/datasets/dataset-tools.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { HomePage } from './home-page.ts'
import { makeSceneProject, openWorkspace, serveInTest } from './workstation.ts'

const root = useFolder()

describeInBrowser('CVAT and YOLO', () => {
  const { newPage } = useBrowser()

  it('are imported by the page, each by its card and after a dry run', async () => {
    const folder = folderIn(root)
    const project = await makeSceneProject(folder, 1)
    const images = join(folder, 'images')
    for (const file of ['ant/1.png', 'bee/1.png']) await writePhoto(images, file, 200, 100)
    const shapes =
      '<polygon label="ant" points="20,20;120,20;120,80"/><box label="ant" xtl="1" ytl="1" xbr="9" ybr="9"/>'
    const records = ['ant', 'bee'].map(
      (name) => `<image id="0" name="${name}/1.png" width="200" height="100">${shapes}</image>`,
    )
    writeFileSync(join(folder, 'annotations.xml'), `<annotations>${records.join('')}</annotations>`)
    const plants = join(folder, 'plants/images')
    for (const file of ['oak/1.png', 'elm/1.png']) await writePhoto(plants, file, 100, 200)
    mkdirSync(join(folder, 'plants/labels/oak'), { recursive: true })
    writeFileSync(join(folder, 'plants/labels/oak/1.txt'), '0 0.1 0.1 0.9 0.1 0.9 0.9\n0 0.5 0.5 0.1\n')
    writeFileSync(join(folder, 'plants/data.yaml'), 'names: [oak]\n')

    const url = await serveInTest(project, folderIn(root))
    const page = await newPage()
    await page.goto(url)
    await expect(page.locator('header').getByText('Review')).toBeEnabled()
    await openWorkspace(page, 'Home')
    const home = new HomePage(page)
    await home.importAnnotated(
      { card: /CVAT/, field: 'Annotation file' },
      { images, annotations: join(folder, 'annotations.xml'), nNew: 2, dryRun: ['2 new', 'there is no mask'] },
    )
    await openWorkspace(page, 'Home')
    await home.importAnnotated(
      { card: /YOLO/, field: 'data.yaml, or the folder of the labels' },
      { images: plants, annotations: join(folder, 'plants/data.yaml'), nNew: 2, dryRun: ['1 new', 'the line has 4'] },
    )
    await openWorkspace(page, 'Images')
    const list = page.getByRole('listbox', { name: 'Images' })
    for (const label of ['ant', 'bee', 'elm', 'oak']) {
      await expect(list.getByText(label, { exact: true })).toHaveCount(1)
    }
  }, 180_000)
})

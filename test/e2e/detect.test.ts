import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect } from '@playwright/test'
import { it } from 'vitest'
import { createEngine } from '#main/engine/engine.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { makePhotos } from '../builders/dataset.ts'
import { writeSmallDetector } from '../builders/small-detector.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { describeInEachHost } from './hosts.ts'
import { openWorkspace } from './workstation.ts'

const root = useFolder()

/** A project of photos without masks. */
async function makeProject(folder: string, perClass: number): Promise<string> {
  const images = join(folder, 'photos')
  await makePhotos(images, { classes: ['cat'], perClass, width: 96, height: 80 })
  const engine = createEngine({ startCompute: startComputeChild, version: 'test' })
  try {
    const client = engine.connect()
    const path = join(folder, 'detect.obalex')
    const { project } = await client['project.create']({ path })
    await client['dataset.import']({ project, format: 'folder', images })
    return path
  } finally {
    await engine.dispose()
  }
}

describeInEachHost('Finding objects', (host) => {
  it('gives a project its masks, from Home to Review', async () => {
    const folder = folderIn(root)
    const project = await makeProject(folder, 3)
    const detector = writeSmallDetector(folder, { objects: [{ label: 17, score: 0.75, box: [10, 10, 60, 70] }] })
    const { page, troubles } = await host.start(project, { home: folderIn(root) })
    // the project that it begins with is open, and was shown
    await expect(page.locator('header').getByText('Review')).toBeEnabled()
    await openWorkspace(page, 'Home')
    await page.getByRole('button', { name: 'Find objects…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Find objects' })
    const look = dialog.getByRole('button', { name: 'Look at it' })
    await expect(look).toBeDisabled()

    const path = dialog.getByRole('textbox', { name: 'Detector file' })
    await path.fill(join(folder, 'photos/cats/0.png'))
    await expect(dialog.getByRole('textbox', { name: 'Configuration' })).toBeVisible()
    await look.click()
    await expect(dialog.getByRole('alert')).toContainText('0.png')

    await path.fill(detector)
    await expect(dialog.getByRole('alert')).toHaveCount(0)
    await expect(dialog.getByRole('textbox', { name: 'Configuration' })).toHaveCount(0)
    await path.press('Enter')
    await expect(dialog.getByText('Mask R-CNN, torchvision')).toBeVisible()
    await expect(dialog.getByText('80 kinds of objects: person, bicycle')).toBeVisible()
    const estimate = dialog.getByRole('status')
    await expect(estimate).toHaveText(/^3 photos to look at, about .+ by one that was timed just now\.$/)
    const score = dialog.getByRole('textbox', { name: 'Least score' })
    await score.fill('2')
    await expect(dialog.getByText('A number from 0 to 1.')).toBeVisible()
    const start = dialog.getByRole('button', { name: 'Find objects', exact: true })
    await expect(start).toBeDisabled()
    await score.fill('0,5')
    expect((await new AxeBuilder({ page }).setLegacyMode().analyze()).violations).toEqual([])
    await start.click()

    const messages = page.getByRole('region', { name: 'Messages' })
    await expect(messages.getByText('All photos were looked at.')).toBeVisible()
    await expect(messages.getByText('3 objects were found.')).toBeVisible()
    // what is offered while there are no masks
    await expect(page.getByRole('button', { name: 'Find objects…' })).toHaveCount(0)
    await expect(page.getByText('3 images, 3 masks')).toBeVisible()
    await openWorkspace(page, 'Review')
    await page.getByRole('button', { name: 'Open the first image' }).or(page.getByRole('application')).first().waitFor()
    await expect(page.getByText('No mask on this image')).toHaveCount(0)
    expect(troubles).toEqual([])
  }, 180_000)
})

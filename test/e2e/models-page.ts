import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Locator, type Page } from '@playwright/test'
import { openWorkspace } from './workstation.ts'

/** The models on Home, as a person finds them. */
export class ModelsPage {
  readonly page: Page
  readonly fold: Locator

  constructor(page: Page) {
    this.page = page
    this.fold = page.getByText('For training, without classes')
  }

  /** The row of an entry. @param name `VGG16, ImageNet` */
  row(name: string): Locator {
    return this.page.getByRole('listitem').filter({ has: this.page.getByRole('button', { name, exact: true }) })
  }

  /** Chooses from the menu of a row. */
  async choose(name: string, entry: string): Promise<void> {
    await this.page.getByRole('button', { name: `More for ${name}` }).click()
    await this.page.getByRole('menuitem', { name: entry }).click()
  }

  /** Waits until the runtimes above were tested: what lies below moves no more. */
  async settle(): Promise<void> {
    await expect(this.page.getByText('In use', { exact: true })).toBeVisible({ timeout: 60_000 })
    await this.row('VGG16, ImageNet').waitFor()
  }

  /** Goes to Home once the project that the window was opened with is on screen. */
  async leaveProject(): Promise<void> {
    await this.page.getByRole('region', { name: 'Average scores' }).waitFor()
    await openWorkspace(this.page, 'Home')
    await this.settle()
  }

  dialog(title: string): Locator {
    return this.page.getByRole('dialog', { name: title })
  }

  /** Asks for a download and says yes. */
  async download(name: string): Promise<void> {
    await this.row(name)
      .getByRole('button', { name: `Download ${name}` })
      .click()
    await this.dialog(`Download ${name}`).getByRole('button', { name: 'Download' }).click()
  }

  /** Gives a file for an entry. */
  async give(name: string, path: string): Promise<void> {
    await this.choose(name, 'Choose file…')
    const dialog = this.dialog(`Choose a file for ${name}`)
    await dialog.getByRole('textbox', { name: 'Path of the .h5 or .onnx file' }).fill(path)
    await dialog.getByRole('button', { name: 'Use this file' }).click()
  }
}

/** Runs a command by its words in the palette. */
export async function runCommand(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog', { name: 'Command palette' }).waitFor()
  await page.keyboard.type(words)
  await page.keyboard.press('Enter')
}

/** Nothing in the dialog that is open speaks against WCAG. */
export async function expectAccessible(page: Page, part = '[role=dialog]'): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().include(part).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
}

import { expect, type Locator, type Page } from '@playwright/test'

/** What a window says of its engine, its project and its photos, as a person finds it. */
export class StatesPage {
  readonly page: Page
  /** where another window or program writes the project */
  readonly readOnly: Locator
  readonly takeOver: Locator
  readonly refresh: Locator
  readonly engineBack: Locator
  readonly missingPhoto: Locator
  readonly changedPhoto: Locator
  readonly findFolder: Locator
  readonly diskFull: Locator
  readonly status: Locator

  constructor(page: Page) {
    this.page = page
    const banner = (words: string): Locator => page.getByRole('status').filter({ hasText: words })
    this.readOnly = banner('writes this project')
    this.takeOver = page.getByRole('button', { name: 'Take over' })
    this.refresh = page.getByRole('button', { name: 'Refresh' })
    this.engineBack = banner('The engine is back.')
    this.missingPhoto = banner('is not where it was')
    this.changedPhoto = banner('is not the one that was imported')
    this.findFolder = page.getByRole('button', { name: 'Find folder…' })
    this.diskFull = page.getByRole('alertdialog', { name: 'The disk is full. Painting is paused.' })
    this.status = page.locator('footer.bar')
  }

  /** A person comes back to the window. */
  async comeBack(): Promise<void> {
    await this.page.evaluate(() => window.dispatchEvent(new Event('focus')))
  }

  /** Says where photos went. */
  async lookFor(folder: string): Promise<void> {
    await this.findFolder.click()
    await this.page.getByLabel('Folder to look in').fill(folder)
    await this.page.getByRole('button', { name: 'Look for photos' }).click()
  }

  verdict(name: string): Locator {
    return this.page.getByRole('radio', { name: new RegExp(`^${name}`) })
  }

  async expectVerdicts(state: 'enabled' | 'disabled', names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (state === 'enabled') await expect(this.verdict(name)).toBeEnabled()
      else await expect(this.verdict(name)).toBeDisabled()
    }
  }
}

import { expect, type Locator, type Page } from '@playwright/test'

interface DetectorResults {
  /** folder of the photos */
  readonly images: string
  readonly annotations: string
  readonly predictions: string
  /** what the dry run is to say, among other things */
  readonly dryRun: readonly string[]
  /** images that are new */
  readonly nNew: number
}

interface MadeMaps {
  /** folder of the maps */
  readonly maps: string
  readonly method: string
  readonly model: string
  /** what the dry run is to say, among other things */
  readonly dryRun: readonly string[]
  /** maps that are new */
  readonly nNew: number
}

/** Home and the jobs that are begun there, as a person finds things on it. */
export class HomePage {
  readonly page: Page
  /** the two classifiers of the sample, while they were not run */
  readonly offer: Locator
  readonly messages: Locator

  constructor(page: Page) {
    this.page = page
    this.offer = page.getByRole('button', { name: 'Run both classifiers' })
    this.messages = page.getByRole('region', { name: 'Messages' })
  }

  /** Asks for the sample in a folder. */
  async openSample(folder: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Open the sample…' }).click()
    const dialog = this.page.getByRole('dialog', { name: 'Open the sample' })
    await dialog.getByRole('textbox', { name: 'Folder for the sample' }).fill(folder)
    await dialog.getByRole('button', { name: 'Open the sample' }).click()
    await dialog.waitFor({ state: 'hidden' })
  }

  /** Imports what a detector found, by the import card and the dry run. */
  async importResults({ images, annotations, predictions, dryRun, nNew }: DetectorResults): Promise<void> {
    const dialog = await this.#openImport(/Detector results/, 'Import images')
    await dialog.getByRole('textbox', { name: 'Folder of the photos' }).fill(images)
    await dialog.getByRole('textbox', { name: 'Annotation file' }).fill(annotations)
    const results = dialog.getByRole('textbox', { name: 'File of the detector’s results' })
    await results.fill(predictions)
    await this.page.mouse.click(5, 400) // beside the dialog: what was entered stays
    await results.press('Enter')
    await this.#confirmImport(dialog, { dryRun, nNew, unit: 'image' })
  }

  /** Imports photos with annotations, which this format needs, by the import card and the dry run. */
  async importAnnotated(
    { card, field }: { readonly card: RegExp; readonly field: string },
    { images, annotations, dryRun, nNew }: Omit<DetectorResults, 'predictions'>,
  ): Promise<void> {
    const dialog = await this.#openImport(card, 'Import images')
    await dialog.getByRole('textbox', { name: 'Folder of the photos' }).fill(images)
    const tryIt = dialog.getByRole('button', { name: 'Try it' })
    await expect(tryIt).toBeDisabled()
    await dialog.getByRole('textbox', { name: field }).fill(annotations)
    await tryIt.click()
    await this.#confirmImport(dialog, { dryRun, nNew, unit: 'image' })
  }

  /** Imports explanation maps, by the import card and the dry run. */
  async importMaps({ maps, method, model, dryRun, nNew }: MadeMaps): Promise<void> {
    const dialog = await this.#openImport(/Explanation maps/, 'Import explanation maps')
    await dialog.getByRole('textbox', { name: 'Folder of the maps' }).fill(maps)
    await dialog.getByRole('textbox', { name: 'Method that made them' }).fill(method)
    await dialog.getByRole('textbox', { name: 'Classifier that they explain' }).fill(model)
    await dialog.getByRole('button', { name: 'Try it' }).click()
    await this.#confirmImport(dialog, { dryRun, nNew, unit: 'map' })
  }

  /** Opens the dialog that undoes an import, and waits until it says what would go. */
  async openUndo(): Promise<{ readonly dialog: Locator; readonly choice: Locator; readonly run: Locator }> {
    await this.page.getByRole('main').getByRole('button', { name: 'Undo import…' }).click()
    const dialog = this.page.getByRole('dialog', { name: 'Undo import' })
    await dialog.getByRole('heading', { name: /^What came from/ }).waitFor()
    const run = dialog.getByRole('button', { name: 'Undo import' })
    return { dialog, choice: dialog.getByRole('combobox', { name: 'Import' }), run }
  }

  async #openImport(card: RegExp, title: string): Promise<Locator> {
    await this.page.getByRole('main').getByRole('button', { name: card }).click()
    return this.page.getByRole('dialog', { name: title })
  }

  /** Reads what the dry run says, and lets it be done. */
  async #confirmImport(
    dialog: Locator,
    { dryRun, nNew, unit }: Pick<DetectorResults, 'dryRun' | 'nNew'> & { readonly unit: 'image' | 'map' },
  ): Promise<void> {
    await expect(dialog.getByText('Nothing was written yet.')).toBeVisible()
    for (const words of dryRun) await expect(dialog).toContainText(words)
    await dialog.getByRole('button', { name: `Import ${nNew} ${unit}` }).click()
    await expect(this.messages.getByText(`Imported: ${nNew} new ${unit}s.`)).toBeVisible()
  }

  /** Waits until something of a job is done, and before all of it is. */
  async expectProgress(title: string): Promise<void> {
    const bar = this.page.getByRole('progressbar', { name: `${title}, progress` })
    await expect(bar).toHaveAttribute('aria-valuenow', /^[1-9]\d?$/, { timeout: 60_000 })
  }

  /** Stops the one job that is under way, and waits until it has stopped. */
  async cancelJob(): Promise<void> {
    await this.messages.getByRole('button', { name: 'Cancel' }).click()
    const said = this.messages.getByRole('article').filter({ hasText: 'Cancelled.What was done is kept.' })
    await said.getByRole('button', { name: 'Close message' }).click()
    await said.waitFor({ state: 'hidden' })
  }
}

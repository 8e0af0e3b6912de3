import { expect, type Locator, type Page } from '@playwright/test'
import { openWorkspace } from './workstation.ts'

/** The Explain workspace, as a person finds things on it. */
export class ExplainPage {
  readonly page: Page
  readonly matrix: Locator
  readonly list: Locator
  readonly inspector: Locator
  readonly stands: Locator
  readonly selected: Locator
  readonly doubt: Locator

  constructor(page: Page) {
    this.page = page
    this.matrix = page.getByRole('grid', { name: 'Classifiers by methods' })
    this.list = page.getByRole('listbox', { name: 'Images' })
    this.inspector = page.getByRole('complementary', { name: 'About this cell' })
    this.stands = page.getByRole('region', { name: /^Where this image stands/ })
    this.selected = this.matrix.getByRole('gridcell', { selected: true })
    this.doubt = page.getByRole('note').filter({ hasText: 'Right answer, doubtful reasons' })
  }

  /** Opens Explain, and waits for the scores of all images. */
  async open(): Promise<void> {
    await openWorkspace(this.page, 'Explain')
    await this.matrix.waitFor()
    await expect(this.stands.getByRole('img').first()).toHaveAccessibleName(/this image 0\.\d{3}/)
    await expect(this.selected).toHaveAccessibleName(/score 0/)
  }

  /** @param method as its column is called */
  cell(model: string, method: string): Locator {
    return this.matrix.getByRole('gridcell', { name: `${model}, ${method}:` })
  }

  /** The score that a cell says. */
  async score(cell: Locator): Promise<number> {
    const words = await cell.locator('.visually-hidden').first().textContent()
    return Number(/score (\d\.\d+)/.exec(words!)![1])
  }

  /** Scores of the list in its order, of those that are on screen. */
  async listed(): Promise<number[]> {
    const captions = await this.list.locator('.caption').allTextContents()
    return captions.map(Number)
  }

  /** Name of the file on screen. */
  file(): Promise<string> {
    return this.inspector.getByRole('heading', { level: 2 }).innerText()
  }

  /** RGB of a place of a cell’s picture; the place is a share of its size. */
  colour(cell: Locator, [x, y]: readonly [number, number]): Promise<readonly number[]> {
    return cell.locator('canvas').evaluate(
      (element, place) => {
        const canvas = element as HTMLCanvasElement
        const at = [place.x * canvas.width, place.y * canvas.height] as const
        return [...canvas.getContext('2d')!.getImageData(at[0], at[1], 1, 1).data.slice(0, 3)]
      },
      { x, y },
    )
  }
}

import type { Figures } from './figures.ts'
import type { MeasuredPage } from './measured-page.ts'

const grid = 'main.images [role=listbox]'
const table = 'main.images [role=grid]'

/** Lists of very many images: scrolling, finding, sorting, the palette, and workspaces that hold them. @param of how many */
export async function benchLists(measured: MeasuredPage, figures: Figures, of: string): Promise<void> {
  const { page } = measured
  await measured.goTo(2, grid)
  await measured.quiet()
  figures.add(`grid of ${of} scrolls, a frame`, await measured.scrollFrames(grid, 90), 50)
  await benchFinding(measured, figures, of)
  await page.getByRole('button', { name: 'Table', exact: true }).click()
  await page.locator(table).waitFor()
  figures.add(`table of ${of} scrolls, a frame`, await measured.scrollFrames(table, 90), 50)
  const sorted: number[] = []
  for (const column of [5, 2, 5, 1]) sorted.push(await measured.click(head(column), isSorted, column))
  figures.add(`table of ${of} sorted by a column`, sorted, 50)
  await page.getByRole('button', { name: 'Grid', exact: true }).click()
  await page.locator(grid).waitFor()
  await benchShell(measured, figures, of)
}

async function benchFinding(measured: MeasuredPage, figures: Figures, of: string): Promise<void> {
  const { page } = measured
  const found: number[] = []
  await page.getByRole('searchbox').focus()
  for (const key of ['d', 'o', 'g', 's', 'Backspace', 'Backspace', 'Backspace', 'Backspace']) {
    const shown = await page.locator('main.images [role=status]').textContent()
    found.push(await measured.press(key, isListedAgain, { key, shown }))
  }
  figures.add(`filter ${of} by a word, a key`, found, 50)
}

/** Once the first letter hides some, further ones may hide no more: then the field itself is what changes. */
function isListedAgain({ key, shown }: { key: string; shown: string | null }): boolean {
  const status = document.querySelector('main.images [role=status]')?.textContent
  const { value } = document.querySelector<HTMLInputElement>('main.images input[type=search]')!
  return key === 'Backspace' ? status !== shown || value !== '' : status !== shown || value.length > 1
}

function head(column: number): string {
  return `${table} [role=columnheader]:nth-child(${column}) button`
}

function isSorted(column: number): boolean {
  const cell = document.querySelector(`main.images [role=grid] [role=columnheader]:nth-child(${column})`)
  return cell !== null && cell.getAttribute('aria-sort') !== 'none'
}

/** Workspaces and palette, by their keys. */
async function benchShell(measured: MeasuredPage, figures: Figures, of: string): Promise<void> {
  const [switched, opened, typed]: number[][] = [[], [], []]
  for (let i = 0; i < 3; i++) {
    switched!.push(await measured.goTo(1, 'main.home'))
    switched!.push(await measured.goTo(2, `${grid} [role=option] img`))
    switched!.push(await measured.goTo(3, 'main.review'))
    switched!.push(await measured.goTo(2, `${grid} [role=option] img`))
    opened!.push(await measured.press('Control+k', isPaletteOpen, null))
    typed!.push(await measured.press('d', hasFound, 'd'))
    typed!.push(await measured.press('o', hasFound, 'do'))
    await measured.press('Escape', isPaletteClosed, null)
    await measured.quiet()
  }
  figures.add(`workspace switch, ${of}`, switched!, 150)
  figures.add(`palette open, ${of}`, opened!, 50)
  figures.add(`palette finds, ${of}, a key`, typed!, 50)
}

function isPaletteOpen(): boolean {
  const input = document.querySelector('.palette input')
  return input !== null && input === document.activeElement && document.querySelector('.palette [role=option]') !== null
}

function isPaletteClosed(): boolean {
  return document.querySelector('.palette') === null
}

function hasFound(query: string): boolean {
  const { value } = document.querySelector<HTMLInputElement>('.palette input')!
  const options = [...document.querySelectorAll('.palette [role=option]')]
  return value === query && options.every(({ textContent }) => textContent.toLowerCase().includes(query))
}

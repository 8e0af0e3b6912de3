import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { expect } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { ExplainPage } from './explain-page.ts'
import { describeInEachHost, type WindowHost } from './hosts.ts'
import { makeSceneProject, makeScoredProject, openWorkspace, ReviewPage } from './workstation.ts'

const root = useFolder()
const patience = 240_000
const nImages = 12
const [fair, shortcut] = ['sample-fair', 'sample-shortcut']

/** A test of what one host is enough for. */
function inBrowserOnly(host: WindowHost): typeof it | (() => void) {
  return host.kind === 'browser' ? it : () => undefined
}

describeInEachHost('Explain', (host) => {
  let project: string

  beforeAll(async () => {
    project = await makeScoredProject(folderIn(root), nImages)
  }, patience)

  async function open(options: { width?: number; height?: number; settings?: Record<string, unknown> } = {}) {
    const workstation = await host.start(project, { home: folderIn(root), ...options })
    const explain = new ExplainPage(workstation.page)
    await explain.open()
    return { ...workstation, explain }
  }

  it(
    'leads from the lowest score up, with scores, cross-checks and the place among all images',
    async () => {
      const { page, explain, troubles } = await open()
      const scores = await explain.listed()
      expect(scores.length).toBeGreaterThan(3)
      expect(scores).toEqual([...scores].sort((a, b) => a - b))
      expect(await explain.score(explain.selected)).toBe(scores[0])
      await expect(explain.stands.getByRole('img', { name: new RegExp(`^${fair}: mean 0`) })).toBeVisible()

      const checks = explain.inspector.getByRole('table')
      await expect(checks.getByRole('row', { name: /^Pointing game (hit|miss) (hit|miss)$/ })).toBeVisible()
      await expect(checks.getByRole('row', { name: /^Normalised score [−\d]/ })).toBeVisible()

      const first = await explain.file()
      await page.keyboard.press('d')
      await expect(explain.inspector.getByRole('heading', { level: 2 })).not.toHaveText(first)
      await expect.poll(() => explain.score(explain.selected)).toBe(scores[1])
      await page.keyboard.press('a')
      await expect(explain.inspector.getByRole('heading', { level: 2 })).toHaveText(first)

      await explain.stands.getByRole('button', { name: 'Show as table' }).click()
      await expect(explain.stands.getByRole('row', { name: new RegExp(`^${fair} .* 1 of \\d+$`) })).toBeVisible()
      expect(troubles).toEqual([])
    },
    patience,
  )

  it(
    'moves between cells by keys, shows the plain photo while Space is held, and opens a cell large',
    async () => {
      const { page, explain } = await open()
      await expect(explain.matrix).toBeFocused()
      await expect(explain.selected).toHaveAccessibleName(new RegExp(`^${fair}, Occlusion`))
      await page.keyboard.press('ArrowDown')
      await expect(explain.selected).toHaveAccessibleName(new RegExp(`^${shortcut}, Occlusion`))
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowRight')
      await expect(explain.selected).toHaveAccessibleName(new RegExp(`^${shortcut}, Grad-CAM:`))
      await expect(explain.stands.getByRole('heading')).toHaveText('Where this image stands, Grad-CAM')

      // two cells of one photo: with their maps they differ, without they do not
      const [one, other] = [explain.cell(fair, 'Occlusion'), explain.cell(shortcut, 'Grad-CAM')]
      const differences = async (): Promise<number> => {
        let n = 0
        for (const x of [0.2, 0.4, 0.6, 0.8]) {
          for (const y of [0.25, 0.5, 0.75]) {
            const [a, b] = [await explain.colour(one, [x, y]), await explain.colour(other, [x, y])]
            if (a.some((channel, i) => Math.abs(channel - b[i]!) > 8)) n++
          }
        }
        return n
      }
      await expect.poll(differences).toBeGreaterThan(0)
      await page.keyboard.down('Space')
      await expect.poll(differences).toBe(0)
      await page.keyboard.up('Space')
      await expect.poll(differences).toBeGreaterThan(0)

      await page.keyboard.press('Enter')
      const large = page.getByRole('region', { name: new RegExp(`^${shortcut}, Grad-CAM:`) })
      await expect(large).toBeVisible()
      await expect(explain.matrix).toBeHidden()
      await page.getByRole('button', { name: 'Beside another' }).click()
      await page.getByRole('combobox', { name: 'Right: Classifier' }).selectOption(fair)
      await page.getByRole('combobox', { name: 'Right: Method' }).selectOption('gradcam')
      await expect(page.getByRole('region', { name: new RegExp(`^${fair}, Grad-CAM:`) })).toBeVisible()
      await page.keyboard.press('Escape')
      await expect(explain.matrix).toBeVisible()
    },
    patience,
  )

  it(
    'zooms and pans all cells together, and reads them all at one place',
    async () => {
      const { page, explain } = await open()
      const [one, other] = [explain.cell(fair, 'Occlusion'), explain.cell(shortcut, 'Grad-CAM')]
      const box = (await one.locator('canvas').boundingBox())!
      const fitted = await explain.colour(other, [0.5, 0.5])
      await page.mouse.move(box.x + 0.25 * box.width, box.y + 0.4 * box.height)
      for (const cell of [one, other])
        await expect(cell.locator('.reading')).toHaveText(/^[\d.]+ of 1, [\d.]+ × an even map$/)
      await page.mouse.wheel(0, -500)
      await expect.poll(() => explain.colour(other, [0.5, 0.5])).not.toEqual(fitted)
      const zoomed = await explain.colour(other, [0.5, 0.5])
      await page.mouse.down()
      await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.7 * box.height, { steps: 5 })
      await page.mouse.up()
      await expect.poll(() => explain.colour(other, [0.5, 0.5])).not.toEqual(zoomed)
      await page.mouse.move(2, 2)
      await expect(one.locator('.reading')).toBeHidden()
      await page.keyboard.press('Control+f')
      await expect.poll(() => explain.colour(other, [0.5, 0.5])).toEqual(fitted)
    },
    patience,
  )

  it(
    'computes maps that are not there: a method, another class, the difference of two',
    async () => {
      const path = await makeSceneProject(folderIn(root), 3, ['fair', 'shortcut'])
      const { page, troubles } = await host.start(path, { home: folderIn(root) })
      const explain = new ExplainPage(page)
      await explain.open()
      const lime = explain.cell(fair, 'LIME')
      await expect(lime).toHaveAccessibleName(/no map yet/)
      await lime.getByRole('button', { name: `Compute ${fair}, LIME` }).click()
      await expect(lime).toHaveAccessibleName(/score \d/, { timeout: 60_000 })
      const canvas = (await lime.locator('canvas').boundingBox())!
      await page.mouse.move(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2)
      await expect(lime.locator('.reading')).toHaveText(/^segment \d+, weight −?[\d.]+$/)
      const predicted = await explain.score(explain.cell(fair, 'Grad-CAM'))

      await page.getByRole('button', { name: /^Target class/ }).click()
      const choice = page.getByRole('dialog', { name: 'Target class' })
      await choice.getByRole('radio', { name: 'One class' }).check()
      const label = await choice.getByRole('option').first().innerText()
      await choice.getByRole('combobox', { name: 'Class', exact: true }).fill(label)
      await page.keyboard.press('Enter')
      await choice.getByRole('radio', { name: 'The difference of two classes' }).check()
      const against = await choice
        .getByRole('listbox', { name: 'Less the class' })
        .getByRole('option')
        .nth(1)
        .innerText()
      await choice.getByRole('combobox', { name: 'Less the class' }).fill(against)
      await page.keyboard.press('Enter')
      await page.keyboard.press('Escape')
      await expect(page.getByRole('button', { name: `Target class: ${label} − ${against}` })).toBeVisible()

      const cam = explain.cell(fair, 'Grad-CAM')
      await expect(cam).toHaveAccessibleName(/no map yet/)
      await cam.click({ position: { x: 20, y: 20 } })
      await explain.matrix.focus()
      await page.keyboard.press('Enter')
      await expect(cam).toHaveAccessibleName(/score \d|no evidence/, { timeout: 60_000 })
      await expect(explain.inspector).toContainText('not kept in the project')

      await page.getByRole('button', { name: /^Target class/ }).click()
      await choice.getByRole('radio', { name: 'What each classifier predicts' }).check()
      await page.keyboard.press('Escape')
      await expect.poll(() => explain.score(cam)).toBe(predicted)
      expect(troubles).toEqual([])
    },
    patience,
  )

  it(
    'lists right answers with doubtful reasons, by a threshold that stays',
    async () => {
      const { page, explain } = await open()
      await explain.inspector.getByRole('spinbutton', { name: 'Doubtful below' }).fill('0.9')
      await expect(explain.doubt).toContainText('below 0.90')
      await page.getByRole('combobox', { name: 'Order of the images' }).selectOption('doubtful')
      await expect(page.getByText(/^Right answers with a normalised score below 0.90: \d+$/)).toBeVisible()
      await explain.inspector.getByRole('spinbutton', { name: 'Doubtful below' }).fill('-1')
      await expect(explain.doubt).toBeHidden()
      await expect(page.getByRole('heading', { name: 'No right answer is doubtful' })).toBeVisible()
      await page.reload()
      await explain.matrix.waitFor()
      await expect(explain.inspector.getByRole('spinbutton', { name: 'Doubtful below' })).toHaveValue('-1')
    },
    patience,
  )

  inBrowserOnly(host)(
    'checks whether a map depends on what the classifier learned',
    async () => {
      const { explain, page } = await open()
      await page.keyboard.press('Shift+G')
      await page.keyboard.press('Shift+G')
      await expect(explain.selected).toHaveAccessibleName(/Grad-CAM/)
      await explain.inspector.getByRole('button', { name: 'Check this map' }).click()
      await expect(explain.inspector).toContainText(/All layers randomised\s*rank correlation/, { timeout: 60_000 })
      await expect(explain.inspector).toContainText(/Uniform map\s*0\.\d{3}/)
    },
    patience,
  )

  it(
    'has the averages with their cross-checks in a table',
    async () => {
      const { page, explain } = await open()
      await page.getByRole('button', { name: 'Averages' }).click()
      const table = page.getByRole('region', { name: 'Averages' }).getByRole('table')
      await expect(table.getByRole('row')).toHaveCount(1 + 2 * 2)
      await expect(table.getByRole('columnheader', { name: 'Pointing game' })).toBeVisible()
      await page.getByRole('button', { name: 'Matrix', exact: true }).click()
      await expect(explain.matrix).toBeVisible()
    },
    patience,
  )

  it(
    'goes on after its engine was gone, and opens at the place of before',
    async () => {
      const workstation = await open()
      const { page, explain } = workstation
      const first = await explain.file()
      await page.keyboard.press('d')
      await expect.poll(() => explain.file()).not.toBe(first)
      const file = await explain.file()
      if (host.kind === 'desktop') {
        process.kill(workstation.enginePid(), 'SIGKILL')
        await expect(page.getByRole('status').filter({ hasText: 'The engine is back.' })).toBeVisible({
          timeout: 60_000,
        })
        await page.keyboard.press('d')
        await expect.poll(() => explain.file()).not.toBe(file)
        await page.keyboard.press('a')
        await expect.poll(() => explain.file()).toBe(file)
      }
      expect(new URL(page.url()).hash).toMatch(/^#explain\/\d+$/)
      await page.reload()
      await explain.matrix.waitFor()
      await expect.poll(() => explain.file()).toBe(file)
    },
    patience,
  )

  inBrowserOnly(host)(
    'shows the outline and the maps where the photo is not, and says so',
    async () => {
      const folder = folderIn(root)
      const path = await makeSceneProject(folder, 3, ['fair'])
      renameSync(join(folder, 'photos'), join(folder, 'elsewhere'))
      const { page } = await host.start(path, { home: folderIn(root) })
      const explain = new ExplainPage(page)
      await explain.open()
      await expect(page.getByRole('status').filter({ hasText: 'is not where it was' })).toBeVisible()
      await expect(explain.cell(fair, 'Occlusion')).toHaveAccessibleName(/score 0\./)
      await expect(explain.cell(fair, 'LIME')).toHaveAccessibleName(/The photo is not here/)
      await expect(page.getByRole('button', { name: /^Compute/ })).toHaveCount(0)
    },
    patience,
  )

  inBrowserOnly(host)(
    'says what is missing where nothing was explained yet, and offers it',
    async () => {
      const path = await makeSceneProject(folderIn(root), 3)
      const { page } = await host.start(path, { home: folderIn(root) })
      await openWorkspace(page, 'Explain')
      await expect(page.getByRole('heading', { name: /^No maps yet/ })).toBeVisible()
      await page.getByRole('main').getByRole('button', { name: 'Run classifiers…' }).click()
      await expect(page.getByRole('dialog', { name: 'Run classifiers' })).toBeVisible()
    },
    patience,
  )

  inBrowserOnly(host)(
    'follows a mask that was corrected in Review',
    async () => {
      const path = await makeSceneProject(folderIn(root), 2, ['fair'])
      const { page } = await host.start(path, { home: folderIn(root) })
      const review = new ReviewPage(page)
      await review.openFirst()
      await openWorkspace(page, 'Explain')
      const explain = new ExplainPage(page)
      await explain.matrix.waitFor()
      await expect(explain.selected).toHaveAccessibleName(/score/)
      const before = await explain.score(explain.selected)
      const file = await explain.file()
      await openWorkspace(page, 'Review')
      await review.expectImage(file)
      await review.paint([0.3, 0.3], [0.7, 0.7])
      await page.keyboard.press('2')
      await page.keyboard.press('r')
      await page.keyboard.press('1')
      await review.save.click()
      await expect(page.getByText(/saved as minor/).first()).toBeVisible()
      await openWorkspace(page, 'Explain')
      await page.getByRole('listbox', { name: 'Images' }).getByTitle(new RegExp(file)).click()
      await expect(explain.inspector).toContainText('object mask r1')
      await expect.poll(() => explain.score(explain.selected)).not.toBe(before)
    },
    patience,
  )

  it.each([
    ['dark', 1280, 800],
    ['light', 1280, 800],
    // 1280 × 800 at twice the size
    ['dark', 640, 400],
  ] as const)(
    'has no fault that axe finds, and nothing to scroll sideways, in the %s theme at %i × %i',
    async (theme, width, height) => {
      const { page, explain } = await open({ width, height, settings: { theme } })
      await expect(explain.matrix.getByText('Occlusion', { exact: true }).first()).toBeInViewport()
      for (const layout of ['Matrix', 'Pair', 'Averages']) {
        await page.getByRole('button', { name: layout, exact: true }).click()
        await page.waitForLoadState('networkidle')
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().include('main').analyze()
        expect(violations.map(({ id, nodes }) => `${layout}: ${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
        const sideways = await page
          .getByRole('main')
          .last()
          .evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)
        expect(sideways).toBe(0)
      }
      await expect(explain.inspector).toBeAttached()
    },
    patience,
  )

  it(
    'is reached by keys, region by region',
    async () => {
      const { page, explain } = await open()
      await openWorkspace(page, 'Home')
      await page.keyboard.press('Control+Alt+4')
      await expect(explain.matrix).toBeFocused()
      const seen = new Set<string>()
      for (let i = 0; i < 8; i++) {
        await page.keyboard.press('F6')
        seen.add(
          await page.evaluate(() => {
            const region = document.activeElement?.closest('[data-region]')
            return region?.getAttribute('aria-label') ?? region?.className ?? ''
          }),
        )
      }
      for (const region of ['Images', 'Classifiers by methods', 'About this cell']) expect([...seen]).toContain(region)
    },
    patience,
  )
})

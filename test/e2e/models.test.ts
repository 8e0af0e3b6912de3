import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { beforeAll, describe, it, onTestFinished, vi } from 'vitest'
import { startFileServer, type FileServer } from '../builders/file-server.ts'
import { writeMobilenetWeights } from '../builders/mobilenet-weights.ts'
import { writeSmallModel } from '../builders/small-model.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { HomePage } from './home-page.ts'
import { describeInEachHost, type WindowHost } from './hosts.ts'
import { expectAccessible, ModelsPage, runCommand } from './models-page.ts'
import { makeSceneProject, openWorkspace, sampleClassifier } from './workstation.ts'

const root = useFolder()
const patience = 240_000
const nImages = 6
const mobilenet = 'MobileNet 0.25, without classes'

let weights: string
let classifying: string
let bare: string

beforeAll(async () => {
  weights = join(root, 'weights.h5')
  await writeMobilenetWeights(weights)
  classifying = join(root, 'classifying.h5')
  await writeMobilenetWeights(classifying, { top: true })
  bare = await writeSmallModel(join(root, 'bare'), { labels: ['beetle', 'butterfly', 'turtle'], card: null })
}, patience)

/** A mirror of the catalogue, which gives the same file under each address. */
async function startMirror(): Promise<FileServer> {
  const mirror = await startFileServer(readFileSync(weights))
  vi.stubEnv('OBALEX_MODELS_URL', mirror.url.href)
  onTestFinished(() => void vi.unstubAllEnvs())
  return mirror
}

/** A test of what one host is enough for. */
function inBrowserOnly(host: WindowHost): typeof it | (() => void) {
  return host.kind === 'browser' ? it : () => undefined
}

describeInEachHost('Models on this machine', (host) => {
  it(
    'are downloaded when a person says so: cancelled, continued, looked at and removed',
    async () => {
      const mirror = await startMirror()
      const home = folderIn(root)
      const { page, troubles } = await host.start(null, { home })
      const models = new ModelsPage(page)
      const row = models.row(mobilenet)
      await models.settle()
      await expect(row).toBeHidden()
      await models.fold.click()
      await expect(row).toContainText('Not here yet. Its size is not published.')

      await row.getByRole('button', { name: `Download ${mobilenet}` }).click()
      const ask = models.dialog(`Download ${mobilenet}`)
      await expect(ask).toContainText(`${mirror.url.host} into ${join(home, 'models')}`)
      await ask.getByRole('button', { name: 'Cancel' }).click()
      expect(mirror.requests).toEqual([])

      const half = Math.floor(mirror.content.length / 2)
      mirror.answers.push({ stallAfter: half })
      await models.download(mobilenet)
      await expect(row.getByRole('progressbar')).toHaveAttribute('aria-valuenow', /^(49|50)$/)
      await row.getByRole('button', { name: 'Cancel' }).click()
      await expect(row).toContainText('downloaded.')
      await row.getByRole('button', { name: 'Continue' }).click()
      await expect(row).toContainText('Its layers are the right ones')
      expect(mirror.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${half}-`])

      await row.getByRole('button', { name: mobilenet, exact: true }).click()
      const card = models.dialog(mobilenet)
      const path = join(home, 'models/mobilenet_2_5_224_tf_no_top.h5')
      for (const fact of ['224 × 224', 'from −1 to 1', 'conv_pw_13_relu', 'Apache', path]) {
        await expect(card).toContainText(fact)
      }
      await card.getByRole('button', { name: 'Copy: SHA-256' }).click()
      await expect(card.getByRole('status')).toHaveText('Copied.')
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+k')
      await page.keyboard.press('Control+v')
      const search = page.getByRole('combobox', { name: 'Search commands and images' })
      await expect(search).toHaveValue(hash('sha256', mirror.content))
      await page.keyboard.press('Escape')

      expect(existsSync(path)).toBe(true)
      await models.choose(mobilenet, 'Remove…')
      await models.dialog(`Remove ${mobilenet}`).getByRole('button', { name: 'Remove' }).click()
      await expect(row).toContainText('Not here yet.')
      expect(existsSync(path)).toBe(false)
      expect(troubles).toEqual([])
    },
    patience,
  )

  it(
    'are taken from the disk, and what is not theirs is refused with the reason',
    async () => {
      const mirror = await startMirror()
      const { page } = await host.start(null, { home: folderIn(root) })
      const models = new ModelsPage(page)
      const vgg = models.row('VGG16, ImageNet')
      await models.settle()
      await models.download('VGG16, ImageNet')
      await expect(vgg.getByRole('alert')).toContainText('the catalogue says 553467096')
      await models.give('VGG16, ImageNet', weights)
      await expect(vgg.getByRole('alert')).toContainText('is not the published vgg16')
      expect(mirror.requests).toHaveLength(1)

      await models.fold.click()
      await models.give(mobilenet, weights)
      const row = models.row(mobilenet)
      await expect(row).toContainText('Your own file.')
      await models.choose(mobilenet, 'Take off the list…')
      await models.dialog(`Remove ${mobilenet}`).getByRole('button', { name: 'Remove' }).click()
      await expect(row).toContainText('Not here yet.')
      expect(existsSync(weights)).toBe(true)
      expect(mirror.requests).toHaveLength(1)
    },
    patience,
  )
})

describeInEachHost('A run of classifiers', (host) => {
  it(
    'is put together by keyboard, asks for what the file does not say, and leads to scores in Images',
    async () => {
      const project = await makeSceneProject(folderIn(root), nImages)
      const { page, troubles } = await host.start(project, { home: folderIn(root) })
      const home = new HomePage(page)
      await openWorkspace(page, 'Images')
      await page.getByRole('button', { name: 'Run classifiers…' }).click()
      const dialog = page.getByRole('dialog', { name: 'Run classifiers' })
      const path = dialog.getByRole('textbox', { name: 'Model file' })
      await expect(path).toBeFocused()
      await page.keyboard.type(join(root, 'none.json'))
      await page.keyboard.press('Enter')
      await expect(dialog.getByRole('alert')).toContainText('none.json')
      await dialog.getByRole('button', { name: 'Take none.json out of this run' }).click()

      await path.fill(bare)
      await page.keyboard.press('Enter')
      const preprocess = dialog.getByRole('combobox', { name: 'Preprocessing' })
      await expect(preprocess).toBeFocused()
      await expect(dialog.getByRole('alert')).toContainText('is not known. Choose the one')
      await preprocess.selectOption('tf')
      await path.fill(sampleClassifier('fair'))
      await dialog.getByRole('checkbox', { name: 'Occlusion' }).focus()
      await page.keyboard.press('Space')
      const start = dialog.getByRole('button', { name: 'Run', exact: true })
      await start.focus()
      await page.keyboard.press('Enter')
      await expect(dialog).toBeHidden({ timeout: 60_000 })
      await expect(home.messages.getByText('The run is done.')).toBeVisible({ timeout: 120_000 })
      const averages = page.getByRole('region', { name: 'Average scores' }).getByRole('article')
      await expect(averages).toHaveCount(2)
      await expect(averages.filter({ hasText: 'sample-fair' })).toContainText('Grad-CAM')
      expect(troubles).toEqual([])
    },
    patience,
  )

  it(
    'takes official weights that are on this machine',
    async () => {
      const project = await makeSceneProject(folderIn(root), 2)
      const { page } = await host.start(project, { home: folderIn(root) })
      const [home, models] = [new HomePage(page), new ModelsPage(page)]
      const official = 'MobileNet 0.25, ImageNet'
      await models.leaveProject()
      await models.give(official, classifying)
      await expect(models.row(official)).toContainText('Your own file.')
      await page.getByRole('button', { name: 'Run classifiers…' }).click()
      const dialog = page.getByRole('dialog', { name: 'Run classifiers' })
      await expect(dialog.getByRole('checkbox', { name: official })).toBeFocused()
      await page.keyboard.press('Space')
      await expect(dialog.getByRole('article')).toContainText('classifying.h5')
      await expect(dialog.getByRole('group', { name: 'Explanation methods' }).getByRole('checkbox')).toHaveCount(6)
      await dialog.getByRole('checkbox', { name: 'Occlusion' }).uncheck()
      await expect(dialog.getByText('2 maps to compute. How long that takes is known once')).toBeVisible()
      await dialog.getByRole('button', { name: 'Run', exact: true }).click()
      await expect(home.messages.getByText('The run is done.')).toBeVisible({ timeout: 120_000 })
      await openWorkspace(page, 'Images')
      const average = page.getByRole('region', { name: 'Average scores' }).getByRole('article')
      // weights that are all alike find every class as likely: none is the label's
      await expect(average).toContainText('0 images')
    },
    patience,
  )
})

describeInEachHost('The classes of a project', (host) => {
  let project: string

  beforeAll(async () => {
    project = await makeSceneProject(folderIn(root), nImages, ['fair'])
  }, patience)

  it(
    'are grouped by a person, and the averages follow',
    async () => {
      const { page, troubles } = await host.start(project, { home: folderIn(root) })
      await openWorkspace(page, 'Images')
      const average = page.getByRole('region', { name: 'Average scores' }).getByRole('article').first()
      await expect(average).toContainText(`${nImages} images`)
      const classes = page.getByRole('dialog', { name: 'Classes and labels' })
      const beetle = classes.getByRole('combobox', { name: 'Label of beetle' })

      await runCommand(page, 'classes')
      await expect(classes).toContainText('Guessed from the names.')
      await expect(beetle).toHaveValue('beetle')
      await classes.getByRole('textbox', { name: 'Find a class' }).fill('BEET')
      await expect(classes.getByRole('listitem')).toHaveCount(1)
      await classes.getByRole('button', { name: 'Move', exact: true }).click()
      await expect(beetle).toHaveValue('')
      await expect(classes).toContainText('Changed here, not saved yet.')
      await expect(classes).toContainText('The averages follow at once')
      await page.keyboard.press('Escape')
      await runCommand(page, 'classes')
      await expect(beetle).toHaveValue('beetle') // what was not saved is dropped

      await beetle.selectOption('turtle')
      await classes.getByRole('button', { name: /^turtle/ }).click()
      await expect(classes.getByRole('listitem')).toHaveCount(2)
      await classes.getByRole('button', { name: 'Save' }).click()
      await expect(classes).toBeHidden()
      await expect(average).toContainText(/\b[1-5] images?\b/)
      await runCommand(page, 'classes')
      await expect(classes).toContainText('Grouped by a person.')

      await classes.getByRole('combobox', { name: 'Of which classifier' }).selectOption({ label: 'Masks’ categories' })
      await beetle.selectOption('')
      await expect(classes).toContainText('until the classifiers are run again')
      await classes.getByRole('button', { name: 'Cancel' }).click()
      expect(troubles).toEqual([])
    },
    patience,
  )

  inBrowserOnly(host)(
    'are given as a class map file',
    async () => {
      const { page } = await host.start(project, { home: folderIn(root) })
      await openWorkspace(page, 'Images')
      await runCommand(page, 'classes')
      const classes = page.getByRole('dialog', { name: 'Classes and labels' })
      await expect(classes.getByRole('listitem')).toHaveCount(3)
      const downloading = page.waitForEvent('download')
      await classes.getByRole('button', { name: 'Export…' }).click()
      const download = await downloading
      expect(download.suggestedFilename()).toBe('class-map.json')
      const map = JSON.parse(readFileSync(await download.path(), 'utf8')) as { readonly objects: object }
      expect(map.objects).toEqual({ beetle: 'beetle', butterfly: 'butterfly', turtle: 'turtle' })
    },
    patience,
  )
})

describeInEachHost('Runtimes', (host) => {
  it(
    'are told by the status bar, which is in use and why',
    async () => {
      const { page } = await host.start(null, { home: folderIn(root) })
      await expect(page.getByText('In use')).toBeVisible({ timeout: 60_000 })
      const badge = page.locator('footer.bar').getByRole('button').first()
      await badge.focus()
      await page.keyboard.press('Enter')
      const popover = page.getByRole('dialog', { name: /^Engine: / })
      await expect(popover).toContainText('is in use')
      await expect(popover).toContainText('TensorFlow native')
      await expectAccessible(page)
      await page.keyboard.press('Escape')
      await expect(popover).toBeHidden()
      await expect(badge).toBeFocused()
    },
    patience,
  )

  inBrowserOnly(host)(
    'that cannot be built here say what is missing',
    async () => {
      // without Python, npm and a compiler
      vi.stubEnv('PATH', folderIn(root))
      vi.stubEnv('OBALEX_TENSORFLOW', join(folderIn(root), 'tensorflow'))
      onTestFinished(() => void vi.unstubAllEnvs())
      const { page } = await host.start(null, { home: folderIn(root) })
      await page.getByRole('button', { name: 'Build TensorFlow for this machine…' }).click({ timeout: 60_000 })
      const dialog = page.getByRole('dialog', { name: 'Build TensorFlow for this machine' })
      await expect(dialog).toContainText('about 210 MB')
      await dialog.getByRole('button', { name: 'Build' }).click()
      const failed = page.getByRole('alert').filter({ hasText: 'TensorFlow was not built.' })
      await expect(failed).toContainText('was not found')
      await expect(page.getByRole('button', { name: 'Build TensorFlow for this machine…' })).toBeEnabled()
    },
    patience,
  )
})

describeInEachHost('The dialogs of models, runs and classes', (host) => {
  describe.each(['dark', 'light'] as const)('in the %s theme', (theme) => {
    it(
      'are accessible, and give the focus back',
      async () => {
        const project = await makeSceneProject(folderIn(root), 2, ['fair'])
        const { page } = await host.start(project, { home: folderIn(root), settings: { theme } })
        const models = new ModelsPage(page)
        const vgg = models.row('VGG16, ImageNet')
        await models.leaveProject()
        for (const name of ['VGG16, ImageNet', 'Download VGG16, ImageNet']) {
          await vgg.getByRole('button', { name, exact: true }).focus()
          await page.keyboard.press('Enter')
          await models.dialog(name).waitFor()
          await expectAccessible(page)
          await page.keyboard.press('Escape')
          await expect(vgg.getByRole('button', { name, exact: true })).toBeFocused()
        }
        await models.choose('VGG16, ImageNet', 'Choose file…')
        await models.dialog('Choose a file for VGG16, ImageNet').waitFor()
        await expectAccessible(page)
        await page.keyboard.press('Escape')
        await expectAccessible(page, 'aside')

        await page.getByRole('button', { name: 'Run classifiers…' }).click()
        const run = page.getByRole('dialog', { name: 'Run classifiers' })
        await run.getByRole('textbox', { name: 'Model file' }).fill(weights)
        await page.keyboard.press('Enter')
        await expect(run.getByRole('combobox', { name: 'Network' })).toBeFocused({ timeout: 60_000 })
        await expectAccessible(page)
        await page.keyboard.press('Escape')

        await runCommand(page, 'classes…')
        await expect(page.getByRole('combobox', { name: 'Label of beetle' })).toBeVisible()
        await expectAccessible(page)
        await page.keyboard.press('Escape')
        await runCommand(page, 'build tensorflow')
        await page.getByRole('dialog', { name: 'Build TensorFlow for this machine' }).waitFor()
        await expectAccessible(page)
      },
      patience,
    )
  })
})

import { cpSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { beforeAll, describe, it } from 'vitest'
import { describeInBrowser, useBrowser } from '../builders/browser.ts'
import { gone } from '../builders/processes.ts'
import { canMount, smallDisk } from '../builders/small-disk.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { makeDroppable, type DroppableLink } from './droppable-link.ts'
import { useDesktopHost } from './hosts.ts'
import { electronProblem } from '../builders/electron-program.ts'
import { StatesPage } from './states-page.ts'
import { makeScoredProject, ReviewPage, serve, stopServer, type Served } from './workstation.ts'

const root = useFolder()
const { newPage } = useBrowser()
const patience = 240_000
const nImages = 4
let original: string

beforeAll(async () => {
  original = await makeScoredProject(folderIn(root), nImages)
}, patience)

/** A copy of the project with its photos, which the test may move, change and delete. */
async function copyProject(folder = folderIn(root)): Promise<{ project: string; photos: string }> {
  const photos = join(folder, 'photos')
  cpSync(join(dirname(original), 'photos'), photos, { recursive: true })
  const project = join(folder, 'copy.obalex')
  copyFileSync(original, project)
  return Promise.resolve({ project, photos })
}

interface Opened {
  readonly server: Served
  readonly page: Page
  readonly review: ReviewPage
  readonly states: StatesPage
  readonly link: DroppableLink
}

/** The workstation in a browser, with the first image in Review. */
async function open(project: string): Promise<Opened> {
  const server = await serve(project, { home: folderIn(root) })
  const page = await newPage()
  const link = await makeDroppable(page)
  await page.goto(server.url)
  const [review, states] = [new ReviewPage(page), new StatesPage(page)]
  await review.openFirst()
  await page.keyboard.press('b')
  return { server, page, review, states, link }
}

/** All files of photos, below their folder. */
function photosIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(png|jpe?g)$/.test(name))
}

describeInBrowser('An engine that cannot be reached', () => {
  it(
    'lets painting and judging go on, says what is not saved yet, and takes it when it is back',
    async () => {
      const { project } = await copyProject()
      const { server, page, review, states, link } = await open(project)
      await review.paint([0.4, 0.4], [0.6, 0.3])
      await expect(review.journal).toContainText('1 stroke, kept')

      link.loseAnswers() // the next stroke gets in, and nobody hears of it
      await review.paint([0.4, 0.15], [0.5, 0.15])
      await expect(states.status).toContainText('Saving 1 stroke')
      await link.drop()
      await review.paint([0.4, 0.85], [0.5, 0.85])
      await page.keyboard.press('Control+z')
      await expect(states.status).toContainText('Saving 3 strokes')
      await page.keyboard.press('1')
      await page.keyboard.press('Enter')
      await expect(page.getByText('The engine is off').or(page.getByText('Engine off')).first()).toBeVisible()
      await expect(page.getByText(/saved as/i)).toHaveCount(0)

      link.restore()
      await expect(states.engineBack).toBeVisible({ timeout: 20_000 })
      await expect(page.getByText(/saved as accept/i).first()).toBeVisible()
      await page.getByRole('button', { name: 'Go back to it' }).click()
      await expect(page.getByText(/Saved as accept by/).first()).toBeVisible()
      await expect(review.journal).toContainText('no strokes')
      await stopServer(server)
      // each was written once: two strokes, one more that was undone
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true, checked: { strokes: 4 } })
    },
    patience,
  )

  it(
    'takes no stroke for a mask that another window changed meanwhile',
    async () => {
      const { project } = await copyProject()
      const { server, page, review, states, link } = await open(project)
      await link.drop()
      await review.paint([0.4, 0.4], [0.6, 0.3])
      await expect(states.status).toContainText('Saving 1 stroke')

      const other = await newPage()
      await other.goto(server.url)
      const elsewhere = new ReviewPage(other)
      await elsewhere.openFirst()
      await other.keyboard.press('b')
      await elsewhere.paint([0.6, 0.6], [0.7, 0.7])
      await elsewhere.paint([0.3, 0.6], [0.4, 0.7])
      await expect(elsewhere.journal).toContainText('2 strokes, kept')
      await other.close()

      link.restore()
      await expect(page.getByText('was changed elsewhere')).toBeVisible({ timeout: 20_000 })
      await expect(review.journal).toContainText('2 strokes, kept')
      await review.paint([0.4, 0.4], [0.6, 0.3])
      await expect(review.journal).toContainText('3 strokes, kept')
      await stopServer(server)
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true, checked: { strokes: 3 } })
    },
    patience,
  )
})

describe.skipIf(electronProblem !== null)('An engine that is killed under the desktop window', () => {
  const host = useDesktopHost()

  it(
    'loses no stroke: they wait for the next one',
    async () => {
      const { project } = await copyProject()
      const workstation = await host.start(project, { home: folderIn(root) })
      const { page } = workstation
      const [review, states] = [new ReviewPage(page), new StatesPage(page)]
      await review.openFirst()
      await page.keyboard.press('b')
      await review.paint([0.4, 0.4], [0.6, 0.3])
      await expect(review.journal).toContainText('1 stroke, kept')
      const engine = workstation.enginePid()
      process.kill(engine, 'SIGSTOP') // so that it surely has not answered when it is killed
      await review.paint([0.4, 0.15], [0.5, 0.15])
      await expect(states.status).toContainText('Saving 1 stroke')
      process.kill(engine, 'SIGKILL')
      await gone(engine)
      await review.paint([0.4, 0.85], [0.5, 0.85])
      await expect(states.engineBack).toContainText('that waited', { timeout: 30_000 })
      await expect(review.journal).toContainText('3 strokes, kept')
      await workstation.close()
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true, checked: { strokes: 3 } })
    },
    patience,
  )
})

describeInBrowser('A photo that is not there any more', () => {
  it(
    'leaves its masks in sight and is found again by its content',
    async () => {
      const { project, photos } = await copyProject()
      // the copy's photos are those of the original as long as they are not looked for here
      const { server, page, review, states } = await open(project)
      const away = join(folderIn(root), 'away')
      renameSync(join(dirname(original), 'photos'), away)
      try {
        await states.comeBack()
        await expect(states.missingPhoto).toBeVisible()
        await states.expectVerdicts('disabled', ['Accept', 'Minor', 'Reject'])
        await expect(states.verdict('Accept')).toHaveAttribute('title', /photo is not here/)
        await review.paint([0.4, 0.4], [0.6, 0.3])
        await expect(review.journal).toContainText('no strokes')
        await page.keyboard.press('4')
        await expect(states.verdict('Can’t judge')).toBeChecked()

        await states.lookFor(folderIn(root))
        await expect(page.getByText('None of the missing photos is in this folder')).toBeVisible()
        await page.keyboard.press('Escape')
        await states.lookFor(photos)
        await expect(page.getByText(`${nImages} photos were found.`)).toBeVisible()
        await expect(states.missingPhoto).toBeHidden()
        await states.expectVerdicts('enabled', ['Accept', 'Minor', 'Reject'])
        await review.paint([0.4, 0.4], [0.6, 0.3])
        await expect(review.journal).toContainText('1 stroke, kept')
        await stopServer(server)
        expect(await obalexJson(['verify', project])).toMatchObject({ ok: true, photos: { present: nImages } })
      } finally {
        renameSync(away, join(dirname(original), 'photos'))
      }
    },
    patience,
  )

  it(
    'is told by both its dates where another file has its name',
    async () => {
      const { project, photos } = await copyProject()
      await obalexJson(['instances', project]) // it can be read
      const { server, page, review, states } = await open(project)
      const originals = join(dirname(original), 'photos')
      const [shown, another] = photosIn(originals)
      const kept = join(photos, 'kept')
      mkdirSync(kept)
      copyFileSync(join(originals, shown!), join(kept, 'shown'))
      copyFileSync(join(originals, another!), join(originals, shown!))
      utimesSync(join(originals, shown!), Date.UTC(2020, 4, 17, 12) / 1000, Date.UTC(2020, 4, 17, 12) / 1000)
      try {
        await states.comeBack()
        await expect(states.changedPhoto).toContainText('2020')
        await expect(states.changedPhoto).toContainText('today')
        await states.expectVerdicts('disabled', ['Accept'])
        await states.expectVerdicts('enabled', ['Can’t judge'])
        await page.keyboard.press('d')
        await expect(states.changedPhoto).toBeHidden()
        await states.expectVerdicts('enabled', ['Accept'])
      } finally {
        copyFileSync(join(kept, 'shown'), join(originals, shown!))
      }
      await page.keyboard.press('a')
      await review.save.waitFor()
      await stopServer(server)
    },
    patience,
  )
})

describe.runIf(canMount)('A full disk', () => {
  describeInBrowser('in a browser', () => {
    it(
      'pauses painting and keeps the stroke, until there is room',
      async () => {
        const disk = smallDisk(8192)
        const project = join(disk.folder, 'full.obalex')
        copyFileSync(original, project)
        const { server, page, review, states } = await open(project)
        await review.paint([0.4, 0.4], [0.6, 0.3])
        await expect(review.journal).toContainText('1 stroke, kept')
        disk.fill(0)
        // what is left of the pages that SQLite has takes some strokes
        for (let n = 0; n < 60 && !(await states.diskFull.isVisible()); n++) {
          await review.paint([0.3, 0.3 + 0.005 * n], [0.7, 0.7 - 0.005 * n])
          await expect(states.status).not.toContainText('Saving')
        }
        await expect(states.diskFull).toBeVisible()
        const again = states.diskFull.getByRole('button', { name: 'Try again' })
        await expect(again).toBeFocused()
        await expect(states.status).toContainText('Not saved: painting paused')
        await again.click()
        await expect(states.diskFull).toContainText('The disk is still full.')
        await page.keyboard.press('Escape')
        await expect(states.diskFull).toBeHidden()
        disk.makeRoom()
        await review.journal.getByRole('button', { name: 'Try again' }).click()
        await expect(review.journal).toContainText('strokes, kept')
        await expect(states.status).toContainText('Journal saved')
        await review.paint([0.4, 0.4], [0.5, 0.6])
        await expect(states.status).toContainText('Journal saved')
        await stopServer(server)
        expect(await obalexJson(['verify', project])).toMatchObject({ ok: true })
      },
      patience,
    )
  })
})

describeInBrowser('A tab that is closed', () => {
  it(
    'in the middle of a stroke leaves none, and right after one all of it or none',
    async () => {
      const { project } = await copyProject()
      const server = await serve(project, { home: folderIn(root) })
      const strokes: number[] = []
      for (const isReleased of [false, true]) {
        const page = await newPage()
        await page.goto(server.url)
        const review = new ReviewPage(page)
        await review.openFirst()
        await page.keyboard.press('b')
        if (isReleased) await review.paint([0.4, 0.4], [0.6, 0.3])
        else await review.beginStroke([0.4, 0.4], [0.6, 0.3])
        await page.close()
        const checked = await obalexJson<{ ok: boolean; checked: { strokes: number } }>(['verify', project])
        expect(checked.ok).toBe(true)
        strokes.push(checked.checked.strokes)
      }
      expect(strokes[0]).toBe(0)
      expect([0, 1]).toContain(strokes[1])
      expect(existsSync(project)).toBe(true)
      await stopServer(server)
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true, checked: { strokes: strokes[1]! } })
    },
    patience,
  )
})

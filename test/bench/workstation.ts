import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from '@playwright/test'
import { chromiumPath, startChromium } from '../builders/chromium.ts'
import type { BenchResult } from './benchmark.ts'
import { Figures } from './workstation/figures.ts'
import { benchLists } from './workstation/long-lists.ts'
import { MeasuredPage } from './workstation/measured-page.ts'
import { installProbe } from './workstation/probe.ts'
import { makeLargeProject, makeLongProject } from './workstation/projects.ts'
import { benchReviewing } from './workstation/reviewing-photos.ts'
import { serveProject, type Serving } from './workstation/serving.ts'

const nRuns = 5
const nLargePhotos = 40
const listLengths = [10_000, 100_000] as const

/** The workstation in a real Chromium over a real server: the quietest of five runs of each figure. */
export default async function bench(): Promise<BenchResult> {
  const name = `the workstation in Chromium, 95th percentile of the quietest of ${nRuns} runs`
  if (chromiumPath === undefined)
    return { name, rows: [], skipped: 'no Chromium was found; OBALEX_CHROMIUM may name one' }
  const folder = mkdtempSync(join(tmpdir(), 'obalex-bench-'))
  const browser = await startChromium()
  const figures = new Figures()
  try {
    await benchPhotos(browser, figures, await makeLargeProject(join(folder, 'large'), nLargePhotos))
    for (const length of listLengths) {
      const project = await makeLongProject(join(folder, String(length)), length)
      await benchLength(browser, figures, { project, length })
    }
    return { name, rows: figures.rows() }
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function benchPhotos(browser: Browser, figures: Figures, project: string): Promise<void> {
  for (let run = 0; run < nRuns; run++) {
    await beginRun(browser, figures)
    await whileServed(project, async ({ url, startedMs }) => {
      const { measured, paintedMs, usableMs } = await openPage(browser, url)
      figures.add('obalex serve: from the command to its address', [startedMs])
      figures.add('page: first paint', [paintedMs], 1500)
      figures.add('page: images in sight', [usableMs], 1500)
      await benchReviewing(measured, figures, await measured.openReview())
      await measured.page.context().close()
    })
  }
}

async function benchLength(
  browser: Browser,
  figures: Figures,
  { project, length }: { readonly project: string; readonly length: number },
): Promise<void> {
  const of = `${length.toLocaleString('en')} images`
  await whileServed(project, async ({ url }) => {
    for (let run = 0; run < nRuns; run++) {
      await beginRun(browser, figures)
      const { measured, usableMs } = await openPage(browser, url)
      figures.add(`page: images in sight, of ${of}`, [usableMs], 1500)
      await measured.page.waitForFunction(areAllListed, null, { timeout: 120_000 })
      await measured.quiet()
      await benchLists(measured, figures, of)
      await measured.page.context().close()
    }
  })
}

/** Serves a project as long as some work takes; no server is left behind where it fails. */
async function whileServed(project: string, work: (serving: Serving) => Promise<void>): Promise<void> {
  const serving = await serveProject(project)
  try {
    await work(serving)
  } finally {
    await serving.stop()
  }
}

declare global {
  interface Window {
    moves?: ReturnType<Window['probe']['follow']>
  }
}

/** Lists are filled page by page. */
function areAllListed(): boolean {
  const [shown, total] = document.querySelector('main.images [role=status]')!.textContent.split(' of ')
  return shown === total
}

/** Measures an empty page of the browser beside. */
async function beginRun(browser: Browser, figures: Figures): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } })
  await context.addInitScript(installProbe)
  const page = await context.newPage()
  await page.goto('data:text/html,<!doctype html>')
  figures.beginRun(await new MeasuredPage(page).frames(60))
  await page.evaluate(() => (window.moves = window.probe.follow('pointermove')))
  await page.mouse.move(300, 300)
  await page.mouse.move(700, 500, { steps: 60 })
  figures.add('an empty page: pointer event to frame', await page.evaluate(() => window.moves!.stop()))
  await context.close()
}

async function openPage(
  browser: Browser,
  url: string,
): Promise<{ measured: MeasuredPage; paintedMs: number; usableMs: number }> {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } })
  await context.addInitScript(installProbe)
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('main.images [role=option]').first().waitFor()
  const times = await page.evaluate(async () => {
    const at = await window.probe.afterFrame()
    return { at, painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? at }
  })
  return { measured: new MeasuredPage(page), paintedMs: times.painted, usableMs: times.at }
}

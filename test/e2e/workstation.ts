import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Locator, type Page } from '@playwright/test'
import { onTestFinished } from 'vitest'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { writeSampleImages } from '#main/sample/scenes/write-sample-images.ts'
import { installed, startObalex, type Started } from '../builders/obalex-process.ts'
import { until } from '../builders/processes.ts'

const classifiers = ['shortcut', 'fair'] as const

/** A project of drawn scenes, scored with both sample classifiers by occlusion and Grad-CAM; gives its path. */
export function makeScoredProject(folder: string, nImages: number): Promise<string> {
  return makeSceneProject(folder, nImages, classifiers)
}

/** Where a sample classifier lies. */
export function sampleClassifier(name: (typeof classifiers)[number]): string {
  return join(import.meta.dirname, `../../resources/sample/${name}/model.json`)
}

/** A project of drawn scenes, scored with these of the sample classifiers; gives its path. */
export async function makeSceneProject(
  folder: string,
  nImages: number,
  names: readonly (typeof classifiers)[number][] = [],
): Promise<string> {
  const photos = join(folder, 'photos')
  mkdirSync(photos, { recursive: true })
  const plan = { split: 'test', n: nImages, correlation: 0.97, stream: 3 } as const
  const { annotations } = await writeSampleImages(photos, { seed: 1, plan })
  const engine = createEngine({ startCompute: startComputeChild, version: 'test' })
  try {
    const client = engine.connect()
    const path = join(folder, 'e2e.obalex')
    const { project } = await client['project.create']({ path })
    await client['dataset.import']({ project, format: 'coco', images: photos, annotations, labels: 'folder' })
    if (names.length === 0) return path
    const models = names.map((name) => ({ path: sampleClassifier(name) }))
    const methods = [{ method: 'occlusion' }, { method: 'gradcam' }]
    const { job } = await client['run.start']({ project, spec: { models, methods } })
    await client['job.watch']({ project, job })
    return path
  } finally {
    await engine.dispose()
  }
}

/**
 * A project of drawn scenes with what a detector might have found on each: the animal (0.9), a square in a corner that it
 * takes for the same animal (0.5) and one that it takes for another (0.8); scored by Grad-CAM. Gives its path.
 */
export async function makeDetectedProject(folder: string, nImages: number): Promise<string> {
  const photos = join(folder, 'photos')
  mkdirSync(photos, { recursive: true })
  const plan = { split: 'test', n: nImages, correlation: 0.97, stream: 3 } as const
  const { annotations } = await writeSampleImages(photos, { seed: 1, plan })
  const { annotations: exact, categories } = JSON.parse(readFileSync(annotations, 'utf8')) as {
    annotations: { image_id: number; category_id: number; segmentation: unknown }[]
    categories: { id: number }[]
  }
  const square = (side: number): number[][] => [[0, 0, side, 0, side, side, 0, side]]
  const results = exact.flatMap(({ image_id, category_id, segmentation }) => [
    { image_id, category_id, segmentation, score: 0.9 },
    { image_id, category_id, segmentation: square(40), score: 0.5 },
    {
      image_id,
      category_id: categories.find(({ id }) => id !== category_id)!.id,
      segmentation: square(60),
      score: 0.8,
    },
  ])
  const predictions = join(folder, 'results.json')
  writeFileSync(predictions, JSON.stringify(results))
  const engine = createEngine({ startCompute: startComputeChild, version: 'test' })
  try {
    const client = engine.connect()
    const path = join(folder, 'e2e.obalex')
    const { project } = await client['project.create']({ path })
    const about = { project, images: photos, annotations, labels: 'folder' } as const
    await client['dataset.import']({ ...about, format: 'coco-results', predictions })
    const models = [{ path: sampleClassifier('fair') }]
    const { job } = await client['run.start']({ project, spec: { models, methods: [{ method: 'gradcam' }] } })
    await client['job.watch']({ project, job })
    return path
  } finally {
    await engine.dispose()
  }
}

export interface Served extends Started {
  /** lets a browser in */
  readonly url: string
}

/**
 * Starts `obalex serve` as a process of its own and waits for its address.
 * @param project to begin with; null: the one of last time, if there is one
 */
export async function serve(project: string | null, options: { home: string; port?: number }): Promise<Served> {
  const named = project === null ? [] : [project]
  const args = ['serve', ...named, '--headless', '--port', String(options.port ?? 0)]
  const started = startObalex(args, { command: installed(), env: { OBALEX_HOME: options.home } })
  let said = ''
  started.child.stdout!.on('data', (text: string) => (said += text))
  const url = await until(() => /http:\/\/\S+/.exec(said)?.[0] ?? started.child.exitCode !== null, {
    what: 'the address of the workstation',
    timeoutMs: 60_000,
  })
  if (typeof url !== 'string') throw new Error(`serve ended: ${(await started.ended).stderr}`)
  return { ...started, url }
}

/** Ends it as Ctrl+C does. */
export async function stopServer({ pid, ended }: Served): Promise<void> {
  process.kill(pid, 'SIGINT')
  const { status, stderr } = await ended
  if (status !== 0) throw new Error(`the server ended with ${status}: ${stderr}`)
}

/** Serves a project until the end of the test; gives the address that lets a browser in. */
export async function serveInTest(project: string, home: string): Promise<string> {
  const server = await serve(project, { home })
  onTestFinished(() => stopServer(server))
  return server.url
}

/** Goes to a workspace by its name in the title bar. */
export async function openWorkspace(page: Page, name: string): Promise<void> {
  await page.locator('header').getByText(name, { exact: true }).click()
}

/** The Review workspace, as a person finds things on it. */
export class ReviewPage {
  readonly page: Page
  readonly save: Locator
  readonly undo: Locator
  readonly redo: Locator
  readonly journal: Locator
  readonly canvas: Locator

  constructor(page: Page) {
    this.page = page
    this.journal = page.getByRole('region', { name: 'Stroke journal' })
    this.save = page.getByRole('button', { name: /^Save and go to next/ })
    this.undo = this.journal.getByRole('button', { name: 'Undo' })
    this.redo = this.journal.getByRole('button', { name: 'Redo' })
    this.canvas = page.getByRole('application')
  }

  /** Opens Review, which opens the first image that has no verdict; where all have one, the first of all. */
  async openFirst(): Promise<void> {
    await openWorkspace(this.page, 'Review')
    const first = this.page.getByRole('button', { name: 'Open the first image' })
    await first.or(this.save).first().waitFor()
    if (await first.isVisible()) await first.click()
    await this.save.waitFor()
  }

  /** Waits until an image is on screen. */
  async expectImage(file: string): Promise<void> {
    await this.page.getByRole('application', { name: `${file},` }).waitFor()
  }

  /** Accepts image after image until so many have a verdict; by keyboard alone. */
  async acceptByKeyboard(n: number): Promise<void> {
    const progress = this.page.getByText(/^\d+ of \d+ reviewed/).first()
    const nReviewed = async (): Promise<number> => Number.parseInt((await progress.textContent())!)
    for (let done = await nReviewed(); done < n; done++) {
      const shown = await this.canvas.getAttribute('aria-label')
      await this.page.keyboard.press('1')
      await this.page.keyboard.press('Enter')
      await expect.poll(nReviewed).toBe(done + 1)
      // the next one is on screen; after the last one it stays
      if (done < n - 1) await expect(this.canvas).not.toHaveAttribute('aria-label', shown!)
    }
  }

  /** Scores as the meters tell them: by classifier as they stand, one for each map. */
  async scores(): Promise<number[]> {
    const meters = await this.page.getByRole('meter').all()
    const values = await Promise.all(meters.map((meter) => meter.getAttribute('aria-valuenow')))
    return values.filter((value) => value !== null).map(Number)
  }

  /** Draws a stroke with the real mouse through the middle of the canvas; places are shares of its size. */
  async paint(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    await this.beginStroke(from, to)
    await this.page.mouse.up()
  }

  /** A stroke whose button is still held. */
  async beginStroke(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const box = (await this.canvas.boundingBox())!
    const at = ([x, y]: readonly [number, number]): [number, number] => [box.x + x * box.width, box.y + y * box.height]
    await this.page.mouse.move(...at(from))
    await this.page.mouse.down()
    await this.page.mouse.move(...at(to), { steps: 12 })
  }

  /** Clicks on the canvas; the place is a share of its size. */
  async click(at: readonly [number, number]): Promise<void> {
    const { x, y, width, height } = (await this.canvas.boundingBox())!
    await this.page.mouse.click(x + at[0] * width, y + at[1] * height)
  }

  /** Of a pixel of one of the canvas's layers: 0 the photo, 1 the heat map, 2 the masks, 3 the cursor. */
  pixel(layer: number, [x, y]: readonly [number, number]): Promise<readonly number[]> {
    return this.canvas
      .locator('canvas')
      .nth(layer)
      .evaluate(
        (element, place) => {
          const canvas = element as HTMLCanvasElement
          const at = [place.x * canvas.width, place.y * canvas.height] as const
          return [...canvas.getContext('2d')!.getImageData(at[0], at[1], 1, 1).data]
        },
        { x, y },
      )
  }
}

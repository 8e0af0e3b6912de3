import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { describeWithData, testData } from '../builders/test-data.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, reading, useFolder } from '../main/engine/engine-tools.ts'
import { HomePage } from './home-page.ts'
import { describeInEachHost } from './hosts.ts'
import { openWorkspace, ReviewPage } from './workstation.ts'

const root = useFolder()
const patience = 240_000
const data = testData('data/maskrcnn-detectron2')

/** In the order of the annotation file. The detector has no dogs: it takes them for koalas. */
const photos = [
  'GermanShepherd.jpg',
  '3600 (1).jpg',
  '14-german-shepherd-CruftsChannel4.jpg',
  'golden-retriever-male-dog-names.jpg',
  '1.jpg',
  'German_Shepherd_-_DSC_0346_(10096362833).jpg',
  'Dog_Golden-Retriever_Mobile.jpg',
  '1280px-German_Shepherd_Dog_with_disc.jpg',
  'koala.jpg',
  '3451e49fa7e5f3584138c4cbb983112e.jpg',
] as const
const corrected = photos[3]
const remark = 'one paw is behind the grass'

/** What is keyed for each photo, the remark sign by sign, and what is kept of it. */
const reviews = [
  { keys: ['3', 'r', '7', 'Enter'], verdict: 'reject', reasons: ['wrong class'] },
  { keys: ['1', 'Enter'], verdict: 'accept', reasons: [] },
  { keys: ['3', 'r', '4', '7', 'Enter'], verdict: 'reject', reasons: ['several objects', 'wrong class'] },
  { keys: ['2', 'r', '1', 'Enter'], verdict: 'minor', reasons: ['missed part'] },
  { keys: ['3', 'r', '7', 'Enter'], verdict: 'reject', reasons: ['wrong class'] },
  { keys: ['2', 'r', '8', 'n', remark, 'Control+Enter'], verdict: 'minor', reasons: ['other'] },
  { keys: ['4', 'Enter'], verdict: 'cannot judge', reasons: [] },
  { keys: ['1', 'Enter'], verdict: 'accept', reasons: [] },
  { keys: ['1', 'Enter'], verdict: 'accept', reasons: [] },
  { keys: ['3', 'r', '3', 'Enter'], verdict: 'reject', reasons: ['wrong object'] },
] as const

interface Instance {
  readonly image: string
  readonly revision: number
  readonly auditor: string | null
}
interface Score {
  readonly image: string
  readonly revision: number
  readonly obalex: number
}

describeWithData('Real photos with the masks of a real Mask R-CNN', () => {
  let folder: string

  beforeAll(() => {
    folder = join(folderIn(root), 'photos')
    mkdirSync(folder)
    for (const name of photos) copyFileSync(join(data, 'label_mask', name), join(folder, name))
  })

  describeInEachHost('come in, are scored, judged and corrected', (host) => {
    it(
      'the review by keyboard alone',
      async () => {
        const project = join(folderIn(root), 'real.obalex')
        const home = folderIn(root)
        await obalexJson(['project', 'create', project])
        const importing = await host.start(project, { home })
        await expect(importing.page.locator('header').getByText('Review')).toBeEnabled()
        await openWorkspace(importing.page, 'Home')
        await expect(importing.page.getByText('no images, no masks')).toBeVisible()
        await new HomePage(importing.page).importResults({
          images: folder,
          annotations: join(data, 'trainval.json'),
          predictions: join(data, 'output/coco_instances_results.json'),
          // the dataset has 51 photos and 173 masks; these are the ones of the folder
          dryRun: ['10 new, 0 known, 41 refused', '11 new, 0 known, 162 refused', 'the photo is not in the folder'],
          nNew: photos.length,
        })
        expect(importing.troubles).toEqual([])
        await importing.close()

        const model = testData('data/mobilenet-v1-0.25-tfjs/model.json')
        await obalexJson(['run', project, '--models', model, '--methods', 'gradcam'])
        const before = await scoresOf(project)
        expect(before.map(({ image, revision }) => [image, revision])).toEqual(photos.map((name) => [name, 1]))
        for (const { obalex } of before) expect(obalex).toBeGreaterThan(0.1)

        const workstation = await host.start(project, { home })
        await expect(workstation.page.locator('header').getByText('Review')).toBeEnabled()
        await workstation.page.keyboard.press('Control+Alt+3')
        await reviewAll(new ReviewPage(workstation.page))
        expect(workstation.troubles).toEqual([])
        await workstation.close()
        await expectKept(project, before)
      },
      patience,
    )
  })
})

async function reviewAll(review: ReviewPage): Promise<void> {
  const { page } = review
  await review.save.waitFor()
  for (const [i, { keys, verdict }] of reviews.entries()) {
    await review.expectImage(photos[i]!)
    if (photos[i] === corrected) await paintByKeyboard(review)
    for (const key of keys) {
      if (key === remark) await page.keyboard.type(key)
      else await page.keyboard.press(key)
    }
    const said = verdict === 'cannot judge' ? 'can’t judge' : verdict
    await expect(page.getByText(`${i + 1} saved as ${said}.`).first()).toBeVisible()
  }
  const counts = '10 of 10 reviewed: 3 accepted, 2 minor, 4 rejected, 1 cannot judge'
  await expect(page.getByText(counts).first()).toBeAttached()
}

/** A stroke from the middle of the photo to its upper edge, and one pixel aside there. */
async function paintByKeyboard(review: ReviewPage): Promise<void> {
  const { keyboard } = review.page
  const [before] = await review.scores()
  await keyboard.press('b')
  await keyboard.press('q')
  await keyboard.down(' ')
  for (let n = 0; n < 4; n++) await keyboard.press('Control+ArrowUp')
  await keyboard.press('ArrowRight')
  await keyboard.up(' ')
  await expect(review.journal).toContainText('1 stroke, kept')
  expect((await review.scores())[0]).not.toBe(before)
  await keyboard.press('q')
}

async function scoresOf(project: string): Promise<readonly Score[]> {
  return (await obalexJson<{ scores: readonly Score[] }>(['scores', project])).scores
}

async function expectKept(project: string, before: readonly Score[]): Promise<void> {
  expect(await obalexJson(['verify', project, '--recompute'])).toMatchObject({
    ok: true,
    checked: { strokes: 1, maskRevisions: 12 },
    photos: { present: 10, missing: 0, changed: 0 },
  })
  const { instances } = await obalexJson<{ instances: readonly Instance[] }>(['instances', project])
  expect(instances).toHaveLength(11)
  expect(instances.filter(({ revision }) => revision > 0)).toMatchObject([
    { image: corrected, revision: 1, auditor: 'auditor' },
  ])
  const after = await scoresOf(project)
  expect(after).toHaveLength(photos.length)
  const changed = after.filter(({ obalex }) => before.every((score) => score.obalex !== obalex))
  expect(changed).toMatchObject([{ image: corrected, revision: 2 }])

  const saved = await reading(project, ({ read }) =>
    read.selectFrom('review').select(['verdict', 'reasons', 'comment']).orderBy('id').execute(),
  )
  const expected = reviews.map(({ keys, verdict, reasons }) => ({
    verdict,
    reasons: JSON.stringify(reasons),
    comment: keys.some((key) => key === remark) ? remark : '',
  }))
  expect(saved).toEqual(expected)
}

import { describe, expect, it } from 'vitest'
import type { ReportDocument } from '#main/report/document.ts'
import { html } from '#main/report/html.ts'
import { aClassifier, aDocument, anExample, aReport, aResult, noAverage, textOf, writing } from './a-document.ts'

const pageOf = (document: ReportDocument): Promise<string> => textOf(html.write(aReport(document), writing))

/** The page without its style sheet: what comes from the document. */
const bodyOf = async (document: ReportDocument): Promise<string> =>
  (await pageOf(document)).replace(/<style>.*<\/style>/s, '')

describe('the page', () => {
  it('forbids the browser to load or run anything, and has nothing to load', async () => {
    const page = await pageOf(aDocument({ results: [aResult(0, { best: [anExample()] })] }))
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(page).toContain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`)
    expect(page).not.toMatch(/<(script|link|iframe|object|embed|form|base)\b/i)
    expect(page).not.toMatch(/\son\w+=/i)
    expect(page).not.toMatch(/(https?:)?\/\/[a-z]/i)
    expect(page).not.toMatch(/@import|url\(/)
    expect(
      [...page.matchAll(/\b(?:href|src)="([^"]*)"/g)].every(([, target]) =>
        /^(#[a-z]+$|data:image\/webp;base64,)/.test(target!),
      ),
    ).toBe(true)
  })

  it('escapes every text that comes from data', async () => {
    const evil = `"><script>alert('x')</script><img src=x onerror=alert(1)>&`
    const setting = { method: evil, options: { [evil]: evil } }
    const example = anExample({ image: evil, label: evil, predicted: evil, method: evil })
    const result = { ...setting, best: [example], worst: [example], interval: null }
    const { data, project } = aDocument()
    const matching: ReportDocument['classifiers'][number]['matching'] = {
      model: evil,
      origin: 'guess',
      groups: [{ label: evil, classes: [{ index: 0, name: evil }], reason: evil }],
      nUnmatchedClasses: 0,
      unmatchedLabels: [evil],
    }
    const classifier = aClassifier(evil, { matching, misclassified: [example] })
    const body = await bodyOf(
      aDocument({
        createdBy: evil,
        project: { ...project, name: evil, createdBy: evil },
        data: {
          ...data,
          labels: [{ label: evil, nImages: 1 }],
          masks: { ...data.masks, rule: evil, categories: [{ category: evil, label: evil, nInstances: 1 }] },
          failures: [{ job: 1, image: evil, code: evil, message: evil }],
        },
        methods: [{ id: evil, label: evil, description: evil, options: [{ name: evil, description: evil }] }],
        classifiers: [classifier, classifier],
        results: [aResult(0, { ...result, byClass: [{ ...aResult(0), label: evil }] }), aResult(1, result)],
      }),
    )
    expect(body.match(/&lt;script&gt;/g)!.length).toBeGreaterThan(30)
    expect(body).not.toMatch(/<script|<img src=x|onerror=alert\(1\)>/)
  })

  it('has one heading a section, in order, and a name for every picture, chart and wide table', async () => {
    const page = await bodyOf(
      aDocument({ classifiers: [aClassifier('a'), aClassifier('b')], results: [aResult(0), aResult(1)] }),
    )
    expect(page.match(/<h1>/g)).toHaveLength(1)
    const targets = [...page.matchAll(/<a href="#([a-z]+)">/g)].map(([, id]) => id!)
    expect([...page.matchAll(/<section id="([a-z]+)"><h2>/g)].map(([, id]) => id)).toEqual(targets)
    const levels = [...page.matchAll(/<h(\d)/g)].map(([, level]) => Number(level))
    expect(levels.every((level, i) => i === 0 || level <= levels[i - 1]! + 1)).toBe(true)
    expect(page).not.toMatch(/<svg(?![^>]*(aria-label="[^"]+"|aria-hidden="true"))/)
    expect(page).not.toMatch(/<th(?![^>]*scope=|ead)/)
    expect(page).not.toMatch(/<img(?![^>]*alt="[^"]+")/)
  })

  it('shows at a glance who is as often right, but not on the same evidence', async () => {
    const classifiers = [aClassifier('careful'), aClassifier('cheating')]
    const apart = aDocument({
      classifiers,
      results: [aResult(0), aResult(1, { avgObalex: 0.2, interval: [0.15, 0.25] })],
    })
    expect(await bodyOf(apart)).toMatch(
      /class="verdict">\s*<b>Right about equally often, but not on the same evidence:<\/b>/,
    )
    const overlapping = await bodyOf(aDocument({ classifiers, results: [aResult(0), aResult(1)] }))
    expect(overlapping).not.toContain('class="verdict"')
    expect(overlapping).toContain('not told apart')
  })

  it('says instead of a photo why it is not shown', async () => {
    const page = await bodyOf(aDocument({ results: [aResult(0, { worst: [anExample({ isMaskInForce: false })] })] }))
    expect(page).toContain('The photo is not where it was imported from')
    expect(page).toContain('The mask was changed after this score.')
    expect(page).not.toContain('<img')
  })
})

describe('states with little in them', () => {
  it.each([
    ['no scores and no classifier', aDocument({ classifiers: [], results: [] })],
    ['a classifier without scores', aDocument({ classifiers: [aClassifier('idle', { nImages: 0 })], results: [] })],
    ['all images misclassified', aDocument({ results: [aResult(0, noAverage)] })],
    [
      'one image and no interval',
      aDocument({ results: [aResult(0, { n: 1, interval: null, best: [], worst: [anExample()] })] }),
    ],
    [
      'nothing but unlabelled images',
      aDocument({ results: [aResult(0, { ...noAverage, accuracy: null, accuracyInterval: null })] }),
    ],
    [
      'an empty project',
      aDocument({
        classifiers: [],
        results: [],
        data: {
          ...aDocument().data,
          nImages: 0,
          labels: [],
          masks: { nInstances: 0, nRevisions: 0, rule: 'all', categories: [] },
        },
      }),
    ],
    [
      'an image without evidence',
      aDocument({
        classifiers: [
          aClassifier('one', { misclassified: [anExample({ obalex: null, lift: null, reason: 'no-evidence' })] }),
        ],
      }),
    ],
  ])('are readable: %s', async (_, document) => {
    const body = await bodyOf(document)
    expect(body).not.toMatch(/NaN|Infinity|undefined|\bnull\b|\[object/)
    expect(body).toContain('Chain of evidence')
    expect(body.match(/<section/g)!.length).toBe(body.match(/<\/section>/g)!.length)
  })

  it('lists of many classes those with the lowest averages', async () => {
    const byClass = Array.from({ length: 30 }, (_, i) => ({
      ...aResult(0),
      label: `class ${i}.`,
      avgObalex: 1 - i / 30,
    }))
    const body = await bodyOf(aDocument({ results: [aResult(0, { byClass })] }))
    expect(body).toContain('class 29.')
    expect(body).not.toContain('class 9.')
    expect(body).toContain('10 more classes')
  })
})

describe('cancelling', () => {
  it('ends before the next picture', async () => {
    const controller = new AbortController()
    const document = aDocument({ results: [aResult(0, { worst: [anExample(), anExample()] })] })
    const steps: number[] = []
    const onProgress = (_: string, done: number, total: number | null): void => {
      steps.push(done)
      expect(total).toBe(2)
      controller.abort()
    }
    const parts = html.write(aReport(document), { signal: controller.signal, onProgress })
    await expect(textOf(parts)).rejects.toMatchObject({ name: 'AbortError' })
    expect(steps).toEqual([0])
  })
})

describe('the cross-checks', () => {
  it('stand beside AvgObAlEx, line by line, with a dash where there is none', async () => {
    const body = await bodyOf(
      aDocument({ classifiers: [aClassifier('a'), aClassifier('b')], results: [aResult(0), aResult(1, noAverage)] }),
    )
    const section = /<section id="crosschecks">.*?<\/section>/s.exec(body)![0]
    const rows = [...section.matchAll(/<tr>\s*<th scope="row">.*?<\/tr>/gs)].map(([row]) =>
      [...row.matchAll(/<td class="n">(.*?)<\/td>/g)].map(([, cell]) => cell),
    )
    expect(rows).toEqual([
      ['0.500', '0.750', '0.625', '0.600', '0.800'],
      ['–', '–', '–', '–', '–'],
    ])
  })
})

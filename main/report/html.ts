import type { ReportDocument, ReportFormat, WritingContext } from './document.ts'
import { errors, extremes, type Studio } from './html/gallery.ts'
import { html as markup, Markup } from './html/markup.ts'
import { comparisonChart, header } from './html/overview.ts'
import { chain, definition, limits } from './html/reading.ts'
import { spread } from './html/spread.ts'
import { style } from './html/style.ts'
import { classifierFacts, dataFacts, methodFacts } from './html/subjects.ts'
import { classTable, crossCheckTable, pairTable, scoreTable } from './html/tables.ts'
import { PictureMaker } from './picture.ts'

/**
 * The report as one page without scripts, fonts or anything else to load: it can be read offline, sent and printed. The
 * policy in its head forbids the browser everything but the pictures and the style that are in it.
 */
export const html: ReportFormat = {
  ending: '.html',
  listsScores: false,
  async *write({ document }, context) {
    const studio = makeStudio(document, context)
    const sections = sectionsOf(document, studio)
    yield pageHead(document)
    yield header(
      document,
      sections.map(({ id, title }) => [id, title]),
    ).text
    for (const { id, title, body } of sections) {
      yield markup`<section id="${id}"><h2>${title}</h2>`.text
      if (body instanceof Markup) yield body.text
      else for await (const part of body) yield part.text
      yield '</section>\n'
    }
    yield pageEnd(document)
  },
}

interface Section {
  readonly id: string
  readonly title: string
  readonly body: Markup | AsyncIterable<Markup>
}

function sectionsOf(document: ReportDocument, studio: Studio): Section[] {
  const { results, comparisons } = document
  const scores: Section[] = [
    { id: 'comparison', title: 'Accuracy and evidence', body: comparisonChart(document) },
    { id: 'scores', title: 'Scores', body: scoreTable(document) },
    { id: 'crosschecks', title: 'Cross-checks', body: crossCheckTable(document) },
    ...(comparisons.length > 0 ? [{ id: 'pairs', title: 'Pairs of classifiers', body: pairTable(document) }] : []),
    { id: 'spread', title: 'How the scores spread', body: spread(document) },
    { id: 'classes', title: 'Scores by class', body: classTable(document) },
    { id: 'images', title: 'Lowest and highest scores', body: extremes(document, studio) },
    { id: 'errors', title: 'Misclassified images', body: errors(document, studio) },
  ]
  return [
    ...(results.length > 0 ? scores : []),
    { id: 'data', title: 'What was examined', body: dataFacts(document) },
    { id: 'classifiers', title: 'Classifiers', body: classifierFacts(document) },
    ...(results.length > 0 ? [{ id: 'methods', title: 'Explanation methods', body: methodFacts(document) }] : []),
    { id: 'obalex', title: 'What ObAlEx is', body: definition() },
    { id: 'limits', title: 'What the numbers do not say', body: limits() },
    { id: 'chain', title: 'Chain of evidence', body: chain(document) },
  ]
}

function makeStudio({ results, classifiers }: ReportDocument, { signal, onProgress }: WritingContext): Studio {
  const nPictures =
    results.reduce((sum, { best, worst }) => sum + best.length + worst.length, 0) +
    classifiers.reduce((sum, { misclassified }) => sum + misclassified.length, 0)
  let n = 0
  const onPicture = (): void => {
    signal.throwIfAborted()
    onProgress('drawing pictures', n++, nPictures)
  }
  return { pictures: new PictureMaker(), onPicture }
}

function pageHead({ project, createdBy }: ReportDocument): string {
  return (
    markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="${createdBy}">
<title>ObAlEx report: ${project.name}</title>
`.text + `<style>${style}</style>\n</head>\n<body>\n<main>\n`
  )
}

function pageEnd({ project, createdBy }: ReportDocument): string {
  const head = project.auditLog.headHash
  return markup`<footer><bdi>${project.name}</bdi><span>log head <code>${head.slice(0, 8)}…${head.slice(-8)}</code></span><span>${createdBy}</span></footer>
</main>
</body>
</html>
`.text
}

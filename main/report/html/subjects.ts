import type { ReportClassifier, ReportData, ReportDocument, ReportMethod, ReportSetting } from '../document.ts'
import { count, counted, listed, nothing, optionWords, settingsOf, utc } from '../words.ts'
import { html, type Markup } from './markup.ts'
import { wideTable } from './tables.ts'

/** Labels and categories that are written out. */
const maxNames = 60
/** Class names of one label that are written out. */
const maxClassNames = 12

/** Images, labels, masks, runs and what they could not do. */
export function dataFacts({ data }: ReportDocument): Markup {
  const { nImages, labels, masks, runs, failures } = data
  const later = masks.nRevisions - masks.nInstances
  const maskWords = `${counted(masks.nInstances, 'instance mask')}, ${later === 0 ? 'none corrected' : counted(later, 'later revision')}`

  return html`<dl class="facts">
      <dt>Images</dt>
      <dd>${count(nImages)}</dd>
      <dt>Labels</dt>
      <dd>
        <bdi>${namedCounts(labels.map(({ label, nImages: n }) => [label ?? 'no label', n]))}</bdi>
      </dd>
      <dt>Masks</dt>
      <dd>${maskWords}</dd>
      <dt>Categories of the masks</dt>
      <dd>
        <bdi>${namedCounts(masks.categories.map(({ category, nInstances: n }) => [category ?? 'no category', n]))}</bdi>
      </dd>
      <dt>Object mask</dt>
      <dd>${masks.rule}</dd>
    </dl>
    ${runs.length === 0 ? null : runTable(runs)} ${failures.length === 0 ? null : failureTable(failures)}`
}

/** The first of many names, each with its number. */
function namedCounts(entries: readonly (readonly [name: string, n: number])[]): string {
  if (entries.length === 0) return nothing
  const named = entries.slice(0, maxNames).map(([name, n]) => `${name}: ${count(n)}`)
  const more = entries.length - named.length
  return [...named, ...(more > 0 ? [`and ${count(more)} more`] : [])].join(', ')
}

function runTable(runs: ReportData['runs']): Markup {
  const rows = runs.map(
    ({ job, state, startedAt, finishedAt, done, total, failed }) =>
      html`<tr>
        <th scope="row">${job}</th>
        <td>${utc(startedAt)}</td>
        <td>${finishedAt === null ? nothing : utc(finishedAt)}</td>
        <td>${state}</td>
        <td class="n">${count(done)}${total === null ? null : html` of ${count(total)}`}</td>
        <td class="n">${count(failed)}</td>
      </tr>`,
  )
  return wideTable(
    'Runs',
    html`<table>
      <caption>
        Runs: each classifies, explains and scores; done and failed count images times classifiers.
      </caption>
      <thead>
        <tr>
          <th scope="col">run</th>
          <th scope="col">begun</th>
          <th scope="col">ended</th>
          <th scope="col">state</th>
          <th scope="col" class="n">done</th>
          <th scope="col" class="n">failed</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  )
}

function failureTable(failures: ReportData['failures']): Markup {
  const rows = failures.map(
    ({ job, image, code, message }) =>
      html`<tr>
        <th scope="row"><bdi>${image ?? nothing}</bdi></th>
        <td>${job}</td>
        <td class="text"><code>${code}</code> <bdi>${message}</bdi></td>
      </tr>`,
  )
  return wideTable(
    'Images that a run could not do',
    html`<table>
      <caption>
        Images that a run could not do, the first ${failures.length}. A later run may have done them.
      </caption>
      <thead>
        <tr>
          <th scope="col">image</th>
          <th scope="col">run</th>
          <th scope="col">what happened</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  )
}

function fitWords({ fit }: ReportClassifier['card']): string {
  if (fit === 'stretch') return 'the whole photo is stretched'
  return fit === 'crop' ? 'its centre is cut out' : `its centre is cut out where its short side is ${fit.shortSide}`
}

export function classifierFacts({ classifiers }: ReportDocument): Markup {
  if (classifiers.length === 0) return html`<p>The project holds no classifier yet.</p>`
  return html`<div class="two">${classifiers.map(classifier)}</div>`
}

function classifier({ name, file, sha256, card, nClasses, matching, runtimes, nImages }: ReportClassifier): Markup {
  return html`<div>
    <h3><bdi>${name}</bdi></h3>
    <dl class="facts">
      ${
        file === null
          ? html`<dt>File</dt>
              <dd>none: its maps were made elsewhere and are scored at their own sizes</dd>`
          : html`<dt>File</dt>
              <dd><bdi>${file}</bdi></dd>
              <dt>SHA-256</dt>
              <dd><code>${sha256}</code></dd>
              <dt>Input</dt>
              <dd>
                ${card.width} × ${card.height} pixels; ${fitWords(card)}, resized by “${card.resize}”, preprocessing
                “${card.preprocess}”
              </dd>
              <dt>Explanation layer</dt>
              <dd>${card.layer === null ? 'none named' : html`<code>${card.layer}</code>`}</dd>`
      }
      <dt>Classes and labels</dt>
      <dd>${matchingWords(matching, nClasses)}</dd>
      <dt>Computed by</dt>
      <dd>
        ${nImages === 0 ? 'no scores yet' : `predictions: ${listed(runtimes.predictions)}; explanations: ${listed(runtimes.explanations)}`}
      </dd>
    </dl>
  </div>`
}

const originWords = {
  file: 'as a class map says',
  user: 'as a person said',
  guess: 'guessed from their names',
} as const

function matchingWords(
  { origin, groups, nUnmatchedClasses, unmatchedLabels }: ReportClassifier['matching'],
  nClasses: number,
): Markup {
  const lines = groups.map(({ label, classes }) => {
    const names = classes.slice(0, maxClassNames).map(({ index, name }) => name ?? `class ${index}`)
    const more = classes.length - names.length
    return html`<br /><bdi>${label}</bdi> =
      <bdi>${names.join(', ')}</bdi>${more > 0 ? ` and ${count(more)} more` : null}`
  })
  const without =
    unmatchedLabels.length === 0 ? null : html`<br />Labels that no class means: <bdi>${listed(unmatchedLabels)}</bdi>.`
  return html`${counted(nClasses, 'class', 'classes')}, matched to labels ${originWords[origin]};
  ${count(nUnmatchedClasses)} mean no label.${lines}${without}`
}

export function methodFacts(document: ReportDocument): Markup {
  const settings = settingsOf(document)
  return html`${document.methods.map((method) =>
    methodBlock(
      method,
      settings.filter((setting) => setting.method === method.id),
    ),
  )}`
}

const variantWords = {
  standard: 'standard (as the method’s own paper has it)',
  paper: 'paper (as the authors of ObAlEx ran it)',
} as const

const maskWords = {
  standard: 'standard (share of each cell that is object)',
  paper: 'paper (as the authors of ObAlEx did it)',
} as const

function methodBlock({ label, description, options }: ReportMethod, settings: readonly ReportSetting[]): Markup {
  return html`<h3>${label}</h3>
    ${description === null ? null : html`<p>${description}</p>`}
    ${settings.map(
      (setting) =>
        html`<dl class="facts">
          <dt>Variant</dt>
          <dd>${variantWords[setting.variant]}</dd>
          <dt>Mask on the map’s grid</dt>
          <dd>${maskWords[setting.maskVariant]}</dd>
          ${optionNames(options, setting).map(
            ([name, words]) =>
              html`<dt>${name}</dt>
                <dd>
                  <bdi>${optionWords(setting.options[name])}</bdi
                  >${words === null ? null : html` <span class="note">${words}</span>`}
                </dd>`,
          )}
        </dl>`,
    )}`
}

/** Those that the method describes, then what else was given. */
function optionNames(options: ReportMethod['options'], setting: ReportSetting): (readonly [string, string | null])[] {
  const described = options.map(({ name, description }) => [name, description] as const)
  const others = Object.keys(setting.options).filter((name) => !options.some((option) => option.name === name))
  return [...described, ...others.map((name) => [name, null] as const)]
}

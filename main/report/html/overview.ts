import type { ReportSummaryLine } from '#common/contract/procedures/reporting.ts'
import type { ReportComparison, ReportDocument, ReportResult, ReportSetting } from '../document.ts'
import { counted, percent, range, resultsOf, score, settingKey, settingName, settingsOf, utc } from '../words.ts'
import { axis, key, track } from './chart.ts'
import { html, type Markup } from './markup.ts'

const tags: Readonly<Record<ReportSummaryLine['kind'], string>> = {
  scope: 'examined',
  finding: 'intervals apart',
  statement: 'intervals overlap',
  caution: 'caution',
}

/** Title, summary and contents. */
export function header(document: ReportDocument, contents: readonly (readonly [id: string, title: string])[]): Markup {
  const { project, summary, createdAt } = document
  return html`<header>
    <p class="top">
      <span>ObAlEx Workstation · audit report</span><time datetime="${createdAt}">${utc(createdAt)}</time>
    </p>
    <h1><bdi>${project.name}</bdi></h1>
    <p class="lead">Are its image classifiers right for the right reasons?</p>
    <div class="short" role="region" aria-labelledby="short">
      <h2 id="short">In short</h2>
      <ul>
        ${summary.map(({ kind, text }) => html`<li><span class="tag ${kind}">${tags[kind]}</span><span class="${kind}">${text}</span></li>`)}
      </ul>
    </div>
    <nav aria-label="Contents">
      <ul>
        ${contents.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
      </ul>
    </nav>
  </header>`
}

/** Accuracy beside AvgObAlEx, classifier under classifier, method by method. */
export function comparisonChart(document: ReportDocument): Markup {
  return html`<p class="note">
      Accuracy says how often a classifier is right; AvgObAlEx, how much of the evidence for its right answers lies on
      the object. Compare rows of the same method.
    </p>
    ${settingsOf(document).map((setting) => settingChart(document, setting))} ${key()}`
}

function settingChart(document: ReportDocument, setting: ReportSetting): Markup {
  const id = settingKey(setting)
  const results = resultsOf(document, setting)
  const found = document.comparisons.filter(
    (comparison) => settingKey(comparison) === id && comparison.obalex === 'apart' && comparison.isComparable,
  )
  return html`<figure class="setting">
    <h3>${settingName(document, setting)}</h3>
    <div class="rows">
      <div class="head">Classifier</div>
      <div class="head">Accuracy</div>
      <div class="head">AvgObAlEx</div>
      ${results.map((result) => chartRow(document, result))}
      <div class="head"></div>
      <div class="head">${axis()}</div>
      <div class="head last">${axis()}</div>
    </div>
    ${found.map((comparison) => verdict(document, comparison))}
  </figure>`
}

function chartRow({ classifiers }: ReportDocument, result: ReportResult): Markup {
  const { avgObalex, interval, areaShare, n, accuracy, accuracyInterval, nCorrect, nAnswered } = result
  const rate =
    nAnswered === 0
      ? 'not known'
      : `${percent(accuracy)}, ${nCorrect} of ${nAnswered}, 95 % interval ${range(accuracyInterval, percent)}`
  const share = `${score(avgObalex)}, 95 % interval ${range(interval)}, area share ${score(areaShare)}, ${counted(n, 'image')}`
  return html`<div class="name"><bdi>${classifiers[result.classifier]!.name}</bdi></div>
    <div class="cell">
      <span class="label">Accuracy</span>
      ${track({ value: accuracy, interval: accuracyInterval, areaShare: null }, `Accuracy ${rate}`)}
      <div class="value"><b>${percent(accuracy)}</b> ${range(accuracyInterval, percent)}</div>
    </div>
    <div class="cell">
      <span class="label">AvgObAlEx</span>
      ${track({ value: avgObalex, interval, areaShare }, `AvgObAlEx ${share}`)}
      <div class="value"><b>${score(avgObalex)}</b> ${range(interval)}, n = ${n}</div>
    </div>`
}

function verdict({ results, classifiers }: ReportDocument, { a, b, accuracy }: ReportComparison): Markup {
  const [first, second] = [a, b].map((position) => html`<bdi>${classifiers[results[position]!.classifier]!.name}</bdi>`)
  const words =
    accuracy === 'overlapping' ? 'Right about equally often, but not on the same evidence' : 'Not on the same evidence'
  const accuracyWords = accuracy === 'apart' ? 'those of accuracy are apart too' : 'those of accuracy overlap'
  return html`<p class="verdict">
    <b>${words}:</b> the intervals of ${first!} and ${second!} for AvgObAlEx do not
    overlap${accuracy === null ? null : html`, ${accuracyWords}`}.
  </p>`
}

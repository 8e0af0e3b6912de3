import type { IntervalRelation, ReportAverage, ReportComparison, ReportDocument, ReportResult } from '../document.ts'
import { count, counted, nothing, percent, range, score, resultsOf, settingName, settingsOf } from '../words.ts'
import { html, type Markup } from './markup.ts'

/** Classes of a result that are listed; of more, those with the lowest averages. */
const maxClasses = 20

const excludedWords: Readonly<Record<keyof ReportAverage['excluded'], string>> = {
  misclassified: 'misclassified',
  noMask: 'without mask',
  noEvidence: 'without evidence',
  unlabelled: 'unlabelled',
}

const averageHead = html`<th scope="col" class="n">accuracy</th>
  <th scope="col" class="n">AvgObAlEx</th>
  <th scope="col" class="n">95 % interval</th>
  <th scope="col" class="n">n</th>
  <th scope="col" class="n">area share</th>
  <th scope="col" class="n">lift</th>
  <th scope="col">left out</th>`

/** A table that scrolls by itself where it is too wide. */
export function wideTable(title: string, table: Markup): Markup {
  return html`<div class="scroll" role="region" aria-label="${title}" tabindex="0">${table}</div>`
}

export function scoreTable(document: ReportDocument): Markup {
  const { statistics } = document
  const { averages } = statistics
  const groups = settingsOf(document).map((setting) => {
    const rows = resultsOf(document, setting).map(
      (result) =>
        html`<tr>
          <th scope="row"><bdi>${nameOf(document, result)}</bdi></th>
          ${averageCells(result)}
        </tr>`,
    )
    return html`<tbody class="group">
      <tr>
        <th colspan="8" scope="rowgroup">${settingName(document, setting)}</th>
      </tr>
      ${rows}
    </tbody>`
  })
  return html`${wideTable(
      'Scores',
      html`<table>
        <thead>
          <tr>
            <th scope="col">method and classifier</th>
            ${averageHead}
          </tr>
        </thead>
        ${groups}
      </table>`,
    )}
    <p class="note">
      AvgObAlEx and area share are means over the n images that are classified correctly and have a score. Lift is their
      ratio. Intervals: ${100 * statistics.level} % ${averages.method}, ${count(averages.resamples)} resamples of the
      images, seed ${averages.seed}; accuracy, where an interval is given: ${statistics.accuracy.method}.
    </p>`
}

/** The measures that look at the order of a map's values only, beside AvgObAlEx. */
export function crossCheckTable(document: ReportDocument): Markup {
  const groups = settingsOf(document).map(
    (setting) =>
      html`<tbody class="group">
        <tr>
          <th colspan="6" scope="rowgroup">${settingName(document, setting)}</th>
        </tr>
        ${resultsOf(document, setting).map(
          (result) =>
            html`<tr>
              <th scope="row"><bdi>${nameOf(document, result)}</bdi></th>
              <td class="n">${score(result.avgObalex)}</td>
              <td class="n">${score(result.pointingGame)}</td>
              <td class="n">${score(result.relevanceRank)}</td>
              <td class="n">${score(result.topK)}</td>
              <td class="n">${score(result.auc)}</td>
            </tr>`,
        )}
      </tbody>`,
  )
  return html`${wideTable(
      'Cross-checks',
      html`<table>
        <thead>
          <tr>
            <th scope="col">method and classifier</th>
            <th scope="col" class="n">AvgObAlEx</th>
            <th scope="col" class="n">pointing game</th>
            <th scope="col" class="n">relevance rank</th>
            <th scope="col" class="n">top 1000</th>
            <th scope="col" class="n">AUC</th>
          </tr>
        </thead>
        ${groups}
      </table>`,
    )}
    <p class="note">
      Means over the same images as AvgObAlEx. Pointing game: share of maps whose highest cell is on the object.
      Relevance rank: share of the highest cells, as many as the object has, that are on it; top 1000: of the 1000
      highest. AUC: how often a cell on the object has a higher value than one beside it. They look at the order of the
      values only, so they do not see how much evidence lies elsewhere.
    </p>`
}

function averageCells({ accuracy, avgObalex, interval, n, areaShare, lift, excluded }: ReportAverage): Markup {
  return html`<td class="n">${percent(accuracy)}</td>
    <td class="n strong">${score(avgObalex)}</td>
    <td class="n">${range(interval)}</td>
    <td class="n">${count(n)}</td>
    <td class="n">${score(areaShare)}</td>
    <td class="n">${score(lift, 2)}</td>
    <td class="why">${excludedText(excluded)}</td>`
}

function excludedText(excluded: ReportAverage['excluded']): string {
  const reasons = Object.keys(excludedWords) as (keyof ReportAverage['excluded'])[]
  const texts = reasons
    .filter((reason) => excluded[reason] > 0)
    .map((reason) => `${count(excluded[reason])} ${excludedWords[reason]}`)
  return texts.length > 0 ? texts.join(', ') : 'none'
}

function nameOf({ classifiers }: ReportDocument, { classifier }: ReportResult): string {
  return classifiers[classifier]!.name
}

export function pairTable(document: ReportDocument): Markup {
  const rows = document.comparisons.map((comparison) => {
    const [a, b] = [document.results[comparison.a]!, document.results[comparison.b]!]
    const isTold = comparison.obalex === 'apart' && comparison.isComparable
    return html`<tr>
      <th scope="row">${settingName(document, comparison)}</th>
      <td class="text"><bdi>${nameOf(document, a)}</bdi> and <bdi>${nameOf(document, b)}</bdi></td>
      <td class="n">${percent(a.accuracy)}, ${percent(b.accuracy)}<br />${relationWords(comparison.accuracy)}</td>
      <td class="n">${score(a.avgObalex)}, ${score(b.avgObalex)}<br />${relationWords(comparison.obalex)}</td>
      <td class="text${isTold ? ' told' : ''}">${reading(comparison)}</td>
    </tr>`
  })
  return wideTable(
    'Pairs of classifiers',
    html`<table>
      <thead>
        <tr>
          <th scope="col">method</th>
          <th scope="col">classifiers</th>
          <th scope="col" class="n">accuracy</th>
          <th scope="col" class="n">AvgObAlEx</th>
          <th scope="col">reading</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  )
}

function relationWords(relation: IntervalRelation): string {
  if (relation === null) return 'no interval'
  return relation === 'apart' ? 'intervals apart' : 'intervals overlap'
}

function reading({ accuracy, obalex, isComparable, nShared }: ReportComparison): string {
  if (!isComparable) return `not compared: ${counted(nShared, 'image')} in common`
  if (obalex === null) return nothing
  if (obalex === 'apart') {
    return accuracy === 'overlapping' ? 'right about equally often, but not on the same evidence' : 'differ in both'
  }
  return accuracy === 'apart' ? 'differ in accuracy; evidence not told apart' : 'not told apart'
}

export function classTable(document: ReportDocument): Markup {
  const results = settingsOf(document).flatMap((setting) => resultsOf(document, setting))
  const groups = results.map((result) => {
    const { byClass } = result
    const lowestFirst = [...byClass].sort((a, b) => (a.avgObalex ?? 2) - (b.avgObalex ?? 2))
    const shown = byClass.length > maxClasses ? lowestFirst.slice(0, maxClasses) : byClass
    const left = byClass.length - shown.length
    const rest = html`<tr>
      <td colspan="8">${count(left)} more classes have higher averages or none; the JSON report lists all.</td>
    </tr>`
    return html`<tbody class="group">
      <tr>
        <th colspan="8" scope="rowgroup">${settingName(document, result)}, <bdi>${nameOf(document, result)}</bdi></th>
      </tr>
      ${shown.map(
        (average) =>
          html`<tr>
            <th scope="row"><bdi>${average.label ?? '(unlabelled)'}</bdi></th>
            ${averageCells(average)}
          </tr>`,
      )}
      ${left === 0 ? null : rest}
    </tbody>`
  })
  return wideTable(
    'Scores by class',
    html`<table>
      <thead>
        <tr>
          <th scope="col">class</th>
          ${averageHead}
        </tr>
      </thead>
      ${groups}
    </table>`,
  )
}

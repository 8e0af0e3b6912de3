import type { ReportSummaryLine } from '#common/contract/procedures/reporting.ts'
import type { ReportComparison, ReportDocument, ReportResult } from './document.ts'
import { count, counted, listed, percent, range, score, settingName } from './words.ts'

/** What the summary is made from. */
type Facts = Pick<ReportDocument, 'data' | 'classifiers' | 'methods' | 'results' | 'comparisons'>

/** More labels than this are counted, not named. */
const maxLabels = 6
/** More comparisons than this are left to the table. */
const maxComparisons = 6
/** Below this a percentile bootstrap interval is noticeably short. */
const fewImages = 30

/**
 * The report in plain words, from its numbers alone. Two classifiers are said to differ only where their intervals do
 * not overlap; where they overlap, that is said, and not that there is no difference.
 */
export function summarise(document: Facts): ReportSummaryLine[] {
  return [scope(document), ...comparisons(document), ...withoutPreference(document), ...cautions(document)]
}

function scope({ data, classifiers, results, methods }: Facts): ReportSummaryLine {
  const labels =
    data.labels.length > maxLabels
      ? [counted(data.labels.length, 'label')]
      : data.labels.map(({ label, nImages }) => `${count(nImages)} ${label ?? 'without a label'}`)
  const holds = `The project holds ${counted(data.nImages, 'image')}${labels.length > 0 ? ` (${listed(labels)})` : ''}`
  if (results.length === 0) {
    return { kind: 'scope', text: `${holds}. There are no scores yet, so nothing is said here of any classifier.` }
  }
  const used = classifiers.filter(({ nImages }) => nImages > 0)
  const unused = classifiers.length - used.length
  const by = `${counted(used.length, 'classifier')} ${used.length === 1 ? 'was' : 'were'} explained by ${listed(methods.map(({ label }) => label))}`
  const rest = unused > 0 ? ` ${counted(unused, 'more classifier')} ${unused === 1 ? 'has' : 'have'} no scores.` : ''
  return { kind: 'scope', text: `${holds}; ${by}, on ${scoredWords(data.nImages, used)}.${rest}` }
}

function scoredWords(nImages: number, used: readonly { readonly nImages: number }[]): string {
  const [least, most] = [Math.min(...used.map((each) => each.nImages)), Math.max(...used.map((each) => each.nImages))]
  if (least === nImages) return 'all of them'
  return least === most ? `${count(least)} of them` : `${count(least)} to ${count(most)} of them`
}

/** Those first that this is about: as often right, but not on the same evidence. */
function comparisons(document: Facts): ReportSummaryLine[] {
  const rank = ({ accuracy, obalex }: ReportComparison): number =>
    obalex === 'apart' ? (accuracy === 'overlapping' ? 0 : 1) : 2
  const told = document.comparisons
    .filter(({ obalex, isComparable }) => obalex !== null && isComparable)
    .sort((one, other) => rank(one) - rank(other))
  const lines = told.slice(0, maxComparisons).map((comparison) => compared(document, comparison))
  const left = told.length - lines.length
  if (left > 0)
    lines.push({ kind: 'statement', text: `${counted(left, 'more comparison')} stand in the table of pairs.` })
  const other = document.comparisons.filter(({ isComparable }) => !isComparable).length
  if (other > 0) {
    lines.push({
      kind: 'caution',
      text: `${counted(other, 'pair')} of classifiers ${other === 1 ? 'was' : 'were'} scored on different images and ${other === 1 ? 'is' : 'are'} not compared.`,
    })
  }
  return lines
}

function compared(document: Facts, comparison: ReportComparison): ReportSummaryLine {
  const [a, b] = [document.results[comparison.a]!, document.results[comparison.b]!]
  const [nameA, nameB] = [a, b].map(({ classifier }) => document.classifiers[classifier]!.name) as [string, string]
  const by = `By ${settingName(document, comparison)}`
  const rates = `${percent(a.accuracy)} and ${percent(b.accuracy)}`
  const shares = `${share(a)} and ${share(b)}`
  if (comparison.obalex === 'apart') {
    const about = `differ in how much of their evidence lies on the object: ${shares}.`
    return comparison.accuracy === 'overlapping'
      ? {
          kind: 'finding',
          text: `${by}, ${nameA} and ${nameB} are right about equally often (${rates}, the intervals overlap), but ${about}`,
        }
      : { kind: 'finding', text: `${by}, ${nameA} and ${nameB} ${about}${accuracyWords(comparison, rates)}` }
  }
  const text = `${by}, the intervals of ${nameA} and ${nameB} overlap: ${shares}; no difference is shown in how much of their evidence lies on the object.`
  return { kind: 'statement', text: text + accuracyWords(comparison, rates) }
}

function accuracyWords({ accuracy }: ReportComparison, rates: string): string {
  if (accuracy === null) return ''
  return accuracy === 'apart'
    ? ` Their accuracies differ: ${rates}.`
    : ` The intervals of their accuracies overlap: ${rates}.`
}

function share({ avgObalex, interval }: ReportResult): string {
  return `${score(avgObalex)} (${range(interval)})`
}

/** Results that a map without any preference could have given, or bettered. */
function withoutPreference(document: Facts): ReportSummaryLine[] {
  return document.results.flatMap((result) => {
    const { interval, areaShare } = result
    if (interval === null || areaShare === null || interval[0] > areaShare) return []
    const name = document.classifiers[result.classifier]!.name
    const says =
      interval[1] < areaShare
        ? 'places less evidence on the object than a map without any preference would'
        : 'is not told apart from a map without any preference'
    const text = `By ${settingName(document, result)}, ${name} ${says}: ${share(result)}, area share ${score(areaShare)}.`
    return [{ kind: 'caution', text } as const]
  })
}

function cautions(document: Facts): ReportSummaryLine[] {
  const { results, classifiers, data } = document
  const lines: ReportSummaryLine[] = []
  const name = (result: ReportResult): string =>
    `${classifiers[result.classifier]!.name} by ${settingName(document, result)}`
  const empty = results.filter(({ n }) => n === 0)
  if (empty.length > 0) {
    lines.push({ kind: 'caution', text: `No image counts for the average of ${listed(empty.map(name))}.` })
  }
  const few = results.filter(({ n }) => n > 0 && n < fewImages)
  if (few.length > 0) {
    const text = `Few images count for ${listed(few.map((result) => `${name(result)} (${count(result.n)})`))}: such intervals are a little short.`
    lines.push({ kind: 'caution', text })
  }
  const failed = data.runs.reduce((sum, run) => sum + run.failed, 0)
  if (failed > 0)
    lines.push({
      kind: 'caution',
      text: `${counted(failed, 'time')} a run could not do an image; “What was examined” names the first of them.`,
    })
  return lines
}

import type { LabelRule } from '#common/classes/label-rules.ts'
import type { ImportReport } from '#common/contract/procedures/importing.ts'
import type { LabelNote } from '#main/datasets/dataset.ts'
import { defectWords, summaryWords } from '#main/datasets/defect-words.ts'
import { DefectTally, type Defect } from '#main/datasets/defects.ts'

/** What is told of an import, but for where it came from and where it is logged. */
export type CountedImport = Omit<ImportReport, 'isDryRun' | 'format' | 'entry'>

/** Counts what comes in with an import, for its report. */
export class ImportCounts {
  readonly images = { new: 0, known: 0, refused: 0 }
  readonly instances = { new: 0, known: 0, corrections: 0, refused: 0 }
  readonly #defects = new DefectTally()
  readonly #labels = new Map<string | null, number>()
  readonly #categories = new Map<string | null, number>()
  #note: LabelNote | undefined

  /** Whether nobody said where labels come from. */
  get isLabelRuleGuessed(): boolean {
    return this.#note?.isGuess ?? false
  }

  takeNote(note: LabelNote): void {
    this.#note = note
  }

  addLabel(label: string | null): void {
    this.#labels.set(label, (this.#labels.get(label) ?? 0) + 1)
  }

  addCategory(category: string | null): void {
    this.#categories.set(category, (this.#categories.get(category) ?? 0) + 1)
  }

  addDefect(defect: Defect): void {
    this.#defects.add(defect)
    if (defect.action !== 'refused') return
    const type = defect.place.record?.type
    if (type === 'annotation' || type === 'result') this.instances.refused++
    else if (type !== 'category') this.images.refused++
  }

  report(): CountedImport {
    return {
      images: { ...this.images },
      instances: { ...this.instances },
      labels: [...this.#labels].map(([label, count]) => ({ label, count })),
      categories: [...this.#categories].map(([category, count]) => ({ category, count })),
      labelRule: this.#note?.rule ? labelRuleText(this.#note.rule) : null,
      isLabelRuleGuessed: this.isLabelRuleGuessed,
      defects: defectGroups(this.#defects),
    }
  }
}

/** Defects as a report has them. */
export function defectGroups(tally: DefectTally): ImportReport['defects'] {
  return tally.summary().map((summary) => ({
    kind: summary.kind,
    action: summary.action,
    count: summary.count,
    words: summaryWords(summary),
    places: summary.examples.map(defectWords),
  }))
}

/** A rule as the user writes it. */
function labelRuleText(rule: LabelRule): string {
  if (rule.kind === 'field') return `field:${rule.name}`
  return rule.kind === 'csv' ? `csv:${rule.file}` : rule.kind
}

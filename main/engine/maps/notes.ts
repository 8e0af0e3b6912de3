import type { ModelOfMaps } from './model-of-maps.ts'

/** What is taken for granted about the maps of a classifier, in sentences. */
export function mapNotes({ name, answers, card }: ModelOfMaps, nUnmatchedRows: number): string[] {
  return [
    {
      project: `The maps count as explaining what ${name} predicted in this project.`,
      file: `The maps count as explaining what the table says that ${name} predicted.`,
      assumed: `Nothing says what ${name} predicted: each map counts as explaining its image’s own label, all of them are averaged, and the accuracy stays unknown. A table of predictions, given with the first import, changes that.`,
    }[answers],
    card.fit === 'stretch'
      ? 'A map lies over the whole photo, however large it is.'
      : `A map lies over the part of the photo that ${name} sees.`,
    ...(nUnmatchedRows > 0 ? [`${nUnmatchedRows} of the table’s rows name no image, or no single one.`] : []),
  ]
}

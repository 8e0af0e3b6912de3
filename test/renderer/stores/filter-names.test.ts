import { expect, it } from 'vitest'
import { filterNames } from '../../../renderer/stores/filter-names.ts'
import { noFilter } from '../../../renderer/stores/image-rows.ts'

it('a filter is named by all that it asks for', () => {
  expect(filterNames(noFilter, [])).toEqual([])
  const parts = { model: 'm', method: 'gradcam', variant: 'standard', maskVariant: 'standard' } as const
  const score = { column: 'k', from: 0, to: 0.5 }
  const filter = { ...noFilter, isToDoOnly: true, label: 'cat', verdict: 'reject', text: ' boxer ', score } as const
  expect(filterNames(filter, [{ key: 'k', ...parts }])).toEqual([
    'To do',
    'class cat',
    'Reject',
    'Grad-CAM 0.000 to 0.500',
    'name or class with “boxer”',
  ])
})

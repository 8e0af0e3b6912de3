import { describe, expect, it } from 'vitest'
import { ref } from 'vue'
import { anyOr, asNamed, filterChoice, verdictOptions } from '../../../renderer/components/filter-choices.ts'

describe('filterChoice', () => {
  it('says the first option where nothing is chosen, and takes it for that', () => {
    const label = ref<string | null>(null)
    const choice = filterChoice(
      () => label.value,
      (value) => (label.value = value),
    )
    const [first, cat] = anyOr('Any class', asNamed(['cat']))
    expect(choice.value).toBe(first!.value)
    choice.value = cat!.value
    expect([label.value, choice.value]).toEqual(['cat', 'cat'])
    choice.value = first!.value
    expect(label.value).toBeNull()
  })
})

describe('verdictOptions', () => {
  it('has each verdict in the order of its key', () => {
    expect(verdictOptions().map(({ label }) => label)).toEqual([
      'Any verdict',
      'Accept',
      'Minor',
      'Reject',
      'Can’t judge',
    ])
  })
})

import { defineStore } from 'pinia'
import { computed, shallowReactive, watch } from 'vue'
import type { EngineClient } from '#common/contract/index.ts'
import type { ScoreAverage } from '#common/contract/procedures/running.ts'
import { text } from '../messages/i18n.ts'
import { useConnection } from './connection.ts'
import { useImages } from './images.ts'
import { useProject } from './project.ts'
import { useSettings } from './settings.ts'
import { useToasts } from './toasts.ts'

/** All scores of one line of the score table, image by image; see `scores.distribution` in the contract. */
export type Distribution = Awaited<ReturnType<EngineClient['scores.distribution']>>

/** A cell of the matrix: what a method says of a classifier. */
export interface CellPlace {
  /** id of the model in the project */
  readonly model: number
  readonly method: string
}

/** The lines of the score table that Explain shows: those of its variant and mask rule, with their distributions. */
export const useScoreLines = defineStore('score-lines', () => {
  const connection = useConnection()
  const project = useProject()
  const images = useImages()
  const settings = useSettings()
  const toasts = useToasts()

  /** by `keyOf`; null: on its way */
  const distributions = shallowReactive(new Map<string, Distribution | null>())

  const shown = computed(() => {
    const { mapVariant, maskRule } = settings.settings
    return images.averages.filter(({ variant, maskVariant }) => variant === mapVariant && maskVariant === maskRule)
  })

  /** The line of a cell; of several, where a method ran with different options, the newest. */
  function lineOf({ model, method }: CellPlace): ScoreAverage | null {
    return shown.value.filter((line) => line.modelId === model && line.method === method).at(-1) ?? null
  }

  /** The scores of a line; null where they are not here yet. Asks for them where nobody did. */
  function distributionOf(line: ScoreAverage): Distribution | null {
    return distributions.get(keyOf(line)) ?? null
  }

  /** Gets the scores of lines, where they are not here yet. */
  async function load(lines: readonly ScoreAverage[]): Promise<void> {
    try {
      await Promise.all(lines.filter((line) => !distributions.has(keyOf(line))).map(loadOne))
    } catch (error) {
      toasts.addError(text('explain.scoresNotLoaded'), error)
    }
  }

  async function loadOne(line: ScoreAverage): Promise<void> {
    const key = keyOf(line)
    const { modelId: model, method, variant, maskVariant } = line
    const options = line.options as Readonly<Record<string, string | number | boolean>>
    distributions.set(key, null)
    try {
      const request = { model, method, variant, maskVariant, options: { ...options } }
      const loaded = await project.ask((handle) =>
        connection.client['scores.distribution']({ project: handle, ...request }),
      )
      // what was asked for before scores changed is not what is there now
      if (distributions.has(key)) distributions.set(key, loaded)
    } catch (error) {
      distributions.delete(key)
      throw error
    }
  }

  // new scores: a run, a corrected mask, other class groups
  watch(
    () => images.averages,
    () => distributions.clear(),
    { flush: 'sync' },
  )

  return { shown, lineOf, distributionOf, load }
})

function keyOf({ modelId, method, variant, maskVariant, options }: ScoreAverage): string {
  return JSON.stringify([modelId, method, variant, maskVariant, options])
}

import { describe, expect, it } from 'vitest'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import { classColour, writeSmallModel } from './small-model.ts'
import { temporaryFolder } from './temporary-folder.ts'

const chooser = new RuntimeChooser()

async function classesOfPlainImages(path: string, classes: number, side: number): Promise<number[]> {
  const classifier = await loadClassifier(path, { card: {}, runtime: 'auto' }, (p) => chooser.choose(p))
  try {
    expect(classifier.info).toMatchObject({ nClasses: classes, notes: [], card: { width: side, height: side } })
    const found: number[] = []
    for (let k = 0; k < classes; k++) {
      const bytes = Uint8Array.from({ length: side * side * 3 }, (_, i) => classColour(k, classes)[i % 3]!)
      const p = classifier.probabilities(await classifier.logits(preprocess(bytes, classifier.info.card.preprocess), 1))
      found.push(p.indexOf(Math.max(...p)))
    }
    return found
  } finally {
    await classifier.dispose()
  }
}

describe('a small model', () => {
  it.each([2, 3, 6, 10])('tells %i plain colours apart', async (classes) => {
    const path = await writeSmallModel(temporaryFolder(), { classes })
    expect(await classesOfPlainImages(path, classes, 32)).toEqual(Array.from({ length: classes }, (_, k) => k))
  })

  it('gives class 0 to every image where it is not diverse', async () => {
    const path = await writeSmallModel(temporaryFolder(), { diverse: false })
    expect(await classesOfPlainImages(path, 3, 32)).toEqual([0, 0, 0])
  })

  it('has the shards, labels, name and size that it is asked for', async () => {
    const folder = join(temporaryFolder(), 'cats')
    const path = await writeSmallModel(folder, { labels: ['cat', 'dog'], nShards: 5, name: 'Cats', inputSide: 48 })
    expect(readdirSync(folder).filter((name) => name.endsWith('.bin'))).toHaveLength(5)
    const classifier = await loadClassifier(path, { card: {}, runtime: 'wasm' }, (p) => chooser.choose(p))
    expect(classifier.info.card).toMatchObject({
      labels: ['cat', 'dog'],
      name: 'Cats',
      width: 48,
      layer: 'features_relu',
    })
    await classifier.dispose()
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { catalogue } from '#main/catalogue/catalogue.ts'
import { structureProblem } from '#main/catalogue/structure.ts'
import { writeMobilenetWeights } from '../../builders/mobilenet-weights.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'

const classifiers = catalogue.filter((entry) => entry.purpose !== 'detecting')
const problem = (path: string, id: string): Promise<string | null> =>
  structureProblem(path, classifiers.find((known) => known.id === id)!.architecture)

describe('weights without a published hash', () => {
  it.each([
    ['mobilenet-0.25', 0.25, true],
    ['mobilenet-0.25-notop', 0.25, false],
    ['mobilenet-0.5-notop', 0.5, false],
  ] as const)('are %s by their layers', async (id, alpha, top) => {
    const path = join(temporaryFolder(), 'weights.h5')
    await writeMobilenetWeights(path, { alpha, top })
    expect(await problem(path, id)).toBeNull()
    for (const other of catalogue.filter((known) => known.id !== id && known.id.startsWith('mobilenet'))) {
      expect(await problem(path, other.id)).toMatch(/layer|weights|shape|last feature map/)
    }
  })

  it('are refused where they hold values that are no numbers', async () => {
    const path = join(temporaryFolder(), 'weights.h5')
    await writeMobilenetWeights(path, { value: NaN })
    expect(await problem(path, 'mobilenet-0.25-notop')).toContain('conv1')
  })

  it('are refused where the file is cut off, or no HDF5 file at all', async () => {
    const path = join(temporaryFolder(), 'weights.h5')
    await writeMobilenetWeights(path)
    const whole = readFileSync(path)
    for (const bytes of [
      whole.subarray(0, whole.length / 2),
      Buffer.from('<html>Log in first</html>'),
      Buffer.alloc(0),
    ]) {
      writeFileSync(path, bytes)
      expect(await problem(path, 'mobilenet-0.25-notop')).toContain('the file')
    }
  })
})

describeWithData('weights that Keras saved', () => {
  const weights = (name: string): string => testData(`goldens/arch/${name}_periodic.h5`)

  it('are known by their layers', async () => {
    expect(await problem(weights('mobilenet025'), 'mobilenet-0.25')).toBeNull()
    expect(await problem(weights('mobilenet100'), 'mobilenet-1.0')).toBeNull()
  })

  it.each([
    ['mobilenet025', 'mobilenet-0.25-notop', 'conv_preds'],
    ['mobilenet025', 'mobilenet-0.5', 'MobileNet 0.25'],
    ['vgg16_notop', 'mobilenet-1.0', 'VGG16'],
  ])('%s are not %s, and %s says so', async (name, id, layer) => {
    expect(await problem(weights(name), id)).toContain(layer)
  })
})

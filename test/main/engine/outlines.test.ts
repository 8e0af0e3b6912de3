import { describe, expect, it } from 'vitest'
import { codeOf, useEngine, useFolder } from './engine-tools.ts'
import { firstObject, paintSquare, setUpReview } from './review-tools.ts'

const root = useFolder()
const { client } = useEngine()

describe('image.outline', () => {
  it('shows the masks as they are saved, at the size of the thumbnail', async () => {
    const setting = await setUpReview(client, root)
    const place = await firstObject(client, setting)
    const { project, image } = place
    const draw = async (side: number): Promise<string> => {
      const { bytes, type } = await client['image.outline']({ project, image, side })
      expect(type).toBe('image/svg+xml')
      return new TextDecoder().decode(bytes)
    }
    const { width, height } = await client['image.read']({ project, image })
    const before = await draw(16)
    const factor = 16 / Math.max(width, height)
    expect(before).toContain(`width="${Math.round(width * factor)}" height="${Math.round(height * factor)}"`)
    expect(before).toContain('stroke-dasharray')
    // a small photo is not blown up
    expect(await draw(1024)).toContain(`width="${width}" height="${height}"`)

    await paintSquare(client, place, 2, 2)
    expect(await draw(16)).toBe(before) // not saved yet
    await client['review.save']({
      project,
      image,
      verdict: 'minor',
      reasons: ['ragged edge'],
      comment: '',
      auditor: 'a',
    })
    const corrected = await draw(16)
    expect(corrected).not.toContain('stroke-dasharray')
    expect(corrected).toContain('#55d2ff')
  })

  it('is not there for an image that nothing has', async () => {
    const { project } = await setUpReview(client, root)
    expect(await codeOf(client['image.outline']({ project, image: 999, side: 64 }))).toBe('record.missing')
  })
})

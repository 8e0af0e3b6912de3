import { describe, expect, it } from 'vitest'
import { codeOf, useEngine, useFolder } from './engine-tools.ts'
import { setUpReview } from './review-tools.ts'

const root = useFolder()
const { client } = useEngine()

describe('image.flag', () => {
  it('puts a flag on an image and takes it away, with who did it in the audit log', async () => {
    const { project } = await setUpReview(client, root)
    const flagged = async (): Promise<number[]> =>
      (await client['images.list']({ project })).images.filter(({ isFlagged }) => isFlagged).map(({ id }) => id)
    expect(await flagged()).toEqual([])
    const before = (await client['project.describe']({ project })).nAuditEntries
    await client['image.flag']({ project, image: 2, isFlagged: true, auditor: 'Ada' })
    await client['image.flag']({ project, image: 3, isFlagged: true, auditor: 'Ada' })
    expect(await flagged()).toEqual([2, 3])
    await client['image.flag']({ project, image: 2, isFlagged: false, auditor: 'Bob' })
    expect(await flagged()).toEqual([3])
    expect((await client['project.describe']({ project })).nAuditEntries).toBe(before + 3)
  })

  it('is refused for an image that is not there, and nothing is kept', async () => {
    const { project } = await setUpReview(client, root)
    const before = (await client['project.describe']({ project })).nAuditEntries
    const flag = { project, image: 99, isFlagged: true, auditor: 'Ada' }
    expect(await codeOf(client['image.flag'](flag))).toBe('record.missing')
    expect((await client['project.describe']({ project })).nAuditEntries).toBe(before)
  })

  it('lists who reviewed an image and for which reasons', async () => {
    const { project } = await setUpReview(client, root)
    await client['review.save']({ project, image: 1, verdict: 'reject', reasons: ['hole'], auditor: 'Ada' })
    await client['review.save']({ project, image: 1, verdict: 'minor', reasons: ['ragged edge'], auditor: 'Bob' })
    const { images } = await client['images.list']({ project, limit: 2 })
    expect(images.map(({ verdict, reasons, auditor }) => ({ verdict, reasons, auditor }))).toEqual([
      { verdict: 'minor', reasons: ['ragged edge'], auditor: 'Bob' },
      { verdict: null, reasons: [], auditor: null },
    ])
  })
})

import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstBrokenBlob, getBlob, putBlob } from '#main/project/blobs.ts'
import { expectCode, makeProject, write } from '../../builders/project.ts'

describe('blobs', () => {
  it('give back the bytes that were kept', async () => {
    const project = await makeProject()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const sha256 = await write(project, (trx) => putBlob(trx, bytes))
        expect(Buffer.from(bytes).equals(await getBlob(project.read, sha256))).toBe(true)
      }),
      { numRuns: 30 },
    )
    expect(await firstBrokenBlob(project.read)).toBeNull()
  })

  it('are kept once, deflated, under the hash of their bytes', async () => {
    const project = await makeProject()
    const bytes = new Uint8Array(100_000)
    const sha256 = await write(project, (trx) => putBlob(trx, bytes))
    expect(await write(project, (trx) => putBlob(trx, bytes))).toBe(sha256)
    const rows = await project.read.selectFrom('blob').selectAll().execute()
    expect(rows).toHaveLength(1)
    expect(rows[0]!.bytes.length).toBeLessThan(1000)
    expect(rows[0]).toMatchObject({ sha256, size_bytes: 100_000 })
  })

  it('are missing by their own code', async () => {
    const project = await makeProject()
    await expect(getBlob(project.read, '0'.repeat(64))).rejects.toMatchObject({ code: 'record.missing' })
  })

  it.each([
    ['other bytes', { bytes: deflateSync(Buffer.from('other bytes')) }],
    ['bytes that are no deflate stream', { bytes: Buffer.from('no') }],
    ['a stream that is cut off', { bytes: deflateSync(Buffer.from('some bytes')).subarray(0, -3) }],
    ['more than it says it holds', { bytes: deflateSync(Buffer.alloc(50_000_000)) }],
  ])('are found broken: %s', async (_, changed) => {
    const project = await makeProject()
    const whole = await write(project, (trx) => putBlob(trx, Buffer.from('whole')))
    const sha256 = await write(project, (trx) => putBlob(trx, Buffer.from('some bytes')))
    await write(project, (trx) => trx.updateTable('blob').set(changed).where('sha256', '=', sha256).execute())
    await expectCode(getBlob(project.read, sha256), 'project.corrupt')
    expect(await firstBrokenBlob(project.read)).toBe(sha256)
    expect(Buffer.from(await getBlob(project.read, whole)).toString()).toBe('whole')
  })
})

import { appendFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import { openProject } from '#main/project/open.ts'
import { overwrite, tamper } from '../../builders/damage.ts'
import { addImages } from '../../builders/project.ts'
import { codeOf, errorOf, fileHash, folderIn, useEngine, useFolder } from './engine-tools.ts'
import { run, useScoredProject } from './verify-tools.ts'

const root = useFolder()
const { client } = useEngine()

const { setting, verify, copy, brokenAfter } = useScoredProject(client, root)

describe('a whole project', () => {
  it('is verified with what was checked, and is not changed', async () => {
    const before = fileHash(setting().path)
    const result = await verify(setting().path)
    expect(result).toEqual({
      ok: true,
      path: setting().path,
      writer: null,
      checked: {
        pages: statSync(setting().path).size / 4096,
        tables: 22,
        rows: expect.any(Number) as number,
        auditEntries: expect.any(Number) as number,
        blobs: expect.any(Number) as number,
        maskRevisions: 12,
        maps: 12,
        strokes: 0,
        loggedFacts: expect.any(Number) as number,
        scores: null,
      },
      photos: { present: 6, missing: 0, changed: 0 },
      notes: [],
      broken: null,
    })
    // of 12 images' entries three facts each, and what else the log says
    expect(result.checked.loggedFacts).toBeGreaterThan(36)
    expect(fileHash(setting().path)).toBe(before)
  })

  it('gives every score again to the last bit, also after its masks were corrected', async () => {
    const { ok, checked, notes } = await verify(setting().path, true)
    expect({ ok, scores: checked.scores, notes }).toEqual({ ok: true, scores: 24, notes: [] })
  })

  it('is read as it was at the beginning while it is written, and says who writes it', async () => {
    const path = copy()
    const writer = await openProject(path, { mode: 'write', now: Date.now })
    try {
      const events: Progress[] = []
      const verifying = client['project.verify']({ path }, { onEvent: (event) => events.push(event) })
      let isDone = false
      void verifying.finally(() => (isDone = true))
      let written = 0
      while (!isDone) {
        await addImages(writer, 5, (index) => ({ file: `${written}/${index}.jpg` }))
        written++
        await new Promise(setImmediate)
      }
      const { ok, writer: holder, notes, photos } = await verifying
      expect(written).toBeGreaterThan(1)
      expect(ok).toBe(true)
      expect(holder).toMatchObject({ pid: process.pid })
      expect(notes[0]).toContain(String(process.pid))
      expect(photos!.missing % 5).toBe(0)
      expect(events.at(-1)!.step).toBe('looking for the photos')
    } finally {
      await writer.close()
    }
  })

  it('is told what became of its photos, which break nothing', async () => {
    const { images, photos } = setting()
    const [gone, longer, other] = photos.map(({ file }) => join(images, file)) as [string, string, string]
    const contents = [longer, other].map((path) => readFileSync(path))
    try {
      renameSync(gone, `${gone}.away`)
      appendFileSync(longer, 'x')
      writeFileSync(
        other,
        contents[1]!.map((byte) => byte ^ 1),
      )
      const bySize = await verify(setting().path)
      expect(bySize).toMatchObject({ ok: true, photos: { present: 4, missing: 1, changed: 1 } })
      expect(bySize.notes).toEqual([expect.stringContaining(gone)])
      expect((await verify(setting().path, true)).photos).toEqual({ present: 3, missing: 1, changed: 2 })
    } finally {
      renameSync(`${gone}.away`, gone)
      writeFileSync(longer, contents[0]!)
      writeFileSync(other, contents[1]!)
    }
  })

  it('stops when it is cancelled', async () => {
    const cancel = new AbortController()
    const verifying = client['project.verify'](
      { path: setting().path, recompute: true },
      { signal: cancel.signal, onEvent: () => cancel.abort() },
    )
    expect(await codeOf(verifying)).toBe('aborted')
  })
})

describe('damage to the file', () => {
  it('of a page in the middle is named', async () => {
    const path = copy()
    const middle = 4096 * Math.floor(statSync(path).size / 8192)
    overwrite(path, middle, Buffer.alloc(4096, 0x5a))
    expect(await verify(path)).toMatchObject({ ok: false, broken: { kind: 'file', subject: path } })
  })

  it('of its beginning, or its end cut off, is named', async () => {
    const [beginning, end] = [copy(), copy()]
    overwrite(beginning, 0, Buffer.alloc(100, 0x5a))
    writeFileSync(end, readFileSync(end).subarray(0, 4096 * 3))
    for (const path of [beginning, end]) {
      const { ok, broken, checked } = await verify(path)
      expect({ ok, broken }).toMatchObject({ ok: false, broken: { kind: 'file', subject: path } })
      expect(broken!.hint).not.toBe('')
      expect(checked.pages).toBe(0)
    }
  })

  it('is told apart from a file that is not there, and from a project of a newer program', async () => {
    expect(await codeOf(verify(join(root, 'nothing.obalex')))).toBe('file.missing')
    const path = copy()
    tamper(path, (database) => void database.pragma('user_version = 1000'))
    expect(await codeOf(verify(path))).toBe('project.newer')
  })

  it.each([
    ['table class_map', 'DROP TABLE class_map'],
    ['trigger extra', 'CREATE TRIGGER extra AFTER INSERT ON image BEGIN DELETE FROM score; END'],
  ])('of the schema is named: %s', async (subject, sql) => {
    const path = copy()
    const database = new Database(path)
    database.pragma('foreign_keys = OFF')
    database.exec(sql)
    database.close()
    expect((await verify(path)).broken).toMatchObject({ kind: 'schema', subject })
  })

  it('by a trigger that was taken away is named', async () => {
    const path = copy()
    const database = new Database(path)
    database.exec('DROP TRIGGER audit_log_no_update')
    database.close()
    expect((await verify(path)).broken).toMatchObject({ kind: 'schema', subject: 'trigger audit_log_no_update' })
  })

  it('by a row that belongs to none is named', async () => {
    const broken = await brokenAfter(run('DELETE FROM model'))
    expect(broken).toMatchObject({ kind: 'reference', subject: expect.stringMatching(/^\w+ \d+$/) as string })
  })
})

describe('any damage', () => {
  it('gives a document or an error of the list, and never a fault of the program', async () => {
    const bytes = readFileSync(setting().path)
    const path = join(folderIn(root), 'flipped.obalex')
    const places = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(places, async (flips) => {
        const flipped = Buffer.from(bytes)
        for (const [at, value] of flips) flipped[at] = value
        writeFileSync(path, flipped)
        const outcome = await verify(path, true).catch((error: unknown) => error)
        if (outcome instanceof AppError) expect(outcome.code).not.toBe('internal')
        else expect(outcome).toMatchObject({ path })
      }),
      { numRuns: 100 },
    )
  })
})

describe('the hint', () => {
  it('names the newest rolling backup that is whole', async () => {
    const path = copy()
    const project = await client['project.open']({ path, mode: 'write' })
    await client['project.close'](project)
    overwrite(path, 0, Buffer.alloc(100, 0x5a))
    const { broken } = await verify(path)
    const error = await errorOf(client['project.open']({ path, mode: 'write' }))
    const folder = `${path}.backups`
    for (const hint of [broken!.hint, error.hint!]) {
      const named = /The newest good backup is (.+\.obalex), of (\S+):/.exec(hint)!
      expect(named[1]!.startsWith(folder)).toBe(true)
      expect((await verify(named[1]!)).ok).toBe(true)
      expect(Date.parse(named[2]!)).toBeGreaterThan(0)
    }
    rmSync(folder, { recursive: true })
    expect((await verify(path)).broken!.hint).toContain('latest backup')
  })
})

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { logFile } from '#main/desktop/log-file.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const now = (): Date => new Date('2026-01-02T03:04:05Z')

describe('the log of the desktop', () => {
  it('has lines with their time, in a folder that need not be there', () => {
    const path = join(temporaryFolder(), 'new/desktop.log')
    const log = logFile(path, now)
    log('one')
    log('two')
    expect(readFileSync(path, 'utf8')).toBe('2026-01-02T03:04:05.000Z one\n2026-01-02T03:04:05.000Z two\n')
  })

  it('stays small, with one older file beside it', () => {
    const path = join(temporaryFolder(), 'desktop.log')
    const log = logFile(path, now)
    const megabyte = 'x'.repeat(2 ** 20)
    for (let i = 0; i < 7; i++) log(megabyte)
    expect(statSync(path).size).toBeLessThan(3.1 * 2 ** 20)
    expect(existsSync(`${path}.old`)).toBe(true)
  })

  it('is no reason to end where it cannot be written', () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, 'kept')
    expect(() => logFile(join(file, 'desktop.log'))('lost')).not.toThrow()
    expect(readFileSync(file, 'utf8')).toBe('kept')
  })
})

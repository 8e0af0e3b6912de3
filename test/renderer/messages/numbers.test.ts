import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatPercent,
  formatScore,
  formatSigned,
  formatSignificant,
} from '../../../renderer/messages/numbers.ts'
import { formatDay } from '../../../renderer/messages/times.ts'

describe('numbers on screen', () => {
  it('put a narrow space between thousands and a true minus before what is negative', () => {
    expect(formatCount(1_234_567)).toBe('1\u202f234\u202f567')
    expect(formatSigned(-4472)).toBe('\u22124\u202f472')
    expect(formatSigned(2840)).toBe('+2\u202f840')
    expect(formatSigned(0)).toBe('0')
    expect(formatSigned(-0)).toBe('0')
  })

  it('show scores with three decimals, and no minus for what rounds to 0', () => {
    expect(formatScore(0.66149)).toBe('0.661')
    expect(formatScore(-0.0001)).toBe('0.000')
  })

  it('show a change with arrow and sign, and none where nothing can be seen to change', () => {
    expect(formatChange(0.025)).toBe('▲\u202f+0.025')
    expect(formatChange(-0.0304)).toBe('▼\u202f\u22120.030')
    expect(formatChange(-0.0004)).toBe('=\u202f0.000')
  })

  it('show shares, times and sizes in units that people use', () => {
    expect(formatPercent(0.91)).toBe('91.0\u202f%')
    expect(formatDuration(72 * 60_000)).toBe('1\u202fh 12\u202fmin')
    expect(formatDuration(9400)).toBe('9\u202fs')
    expect(formatBytes(8 * 2 ** 30)).toBe('8.0\u202fGB')
    expect(formatBytes(553_467_096)).toBe('528\u202fMB')
    expect(formatBytes(9000)).toBe('9\u202fkB')
  })
})

describe('formatDay', () => {
  const now = new Date(2026, 10, 24, 16, 42).getTime()

  it('says today and yesterday by the calendar, not by 24 hours', () => {
    expect(formatDay(new Date(2026, 10, 24, 0, 5).getTime(), now)).toBe('today, 00:05')
    expect(formatDay(new Date(2026, 10, 23, 0, 5).getTime(), now)).toBe('yesterday')
  })

  it('names the year only where it is another one', () => {
    expect(formatDay(new Date(2026, 9, 30).getTime(), now)).toBe('Oct 30')
    expect(formatDay(new Date(2025, 9, 30).getTime(), now)).toBe('Oct 30, 2025')
  })

  it.each([
    [0, '0'],
    [0.63449, '0.634'],
    [-0.01214, '\u22120.0121'],
    [12.345, '12.3'],
    [123456, '123000'],
    [2.13e-7, '2.1e\u22127'],
    [-3.21e9, '\u22123.2e9'],
  ])('say %d in three digits', (value, shown) => {
    expect(formatSignificant(value)).toBe(shown)
  })
})

import { describe, expect, it } from 'vitest'
import { ByteCache } from '#main/engine/byte-cache.ts'

function keysOf(cache: ByteCache<string>): string {
  return Array.from('abcdef', (key) => cache.get(key) ?? '').join('')
}

describe('ByteCache', () => {
  it('lets go of what was used longest ago where there is no room', () => {
    const cache = new ByteCache<string>(30)
    for (const key of ['a', 'b', 'c']) cache.set(key, key, 10)
    cache.get('a')
    cache.set('d', 'd', 10)
    expect(keysOf(cache)).toBe('acd')
    cache.set('e', 'e', 25)
    expect(keysOf(cache)).toBe('e')
  })

  it('keeps the newest even where it has no room for it', () => {
    const cache = new ByteCache<string>(30)
    cache.set('a', 'a', 10)
    cache.set('b', 'b', 99)
    expect(keysOf(cache)).toBe('b')
    cache.set('c', 'c', 10)
    expect(keysOf(cache)).toBe('c')
  })

  it('counts the size of what replaces a value, and gives back that of what is taken out', () => {
    const cache = new ByteCache<string>(30)
    cache.set('a', 'a', 30)
    cache.set('a', 'a', 10)
    cache.set('b', 'b', 20)
    expect(keysOf(cache)).toBe('ab')
    cache.delete('a')
    cache.delete('a')
    cache.set('c', 'c', 10)
    expect(keysOf(cache)).toBe('bc')
  })
})

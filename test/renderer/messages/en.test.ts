import { describe, expect, it } from 'vitest'
import { en } from '../../../renderer/messages/en.ts'
import { i18n, text } from '../../../renderer/messages/i18n.ts'

function leaves(node: object, path: readonly string[] = []): [key: string, message: string][] {
  return Object.entries(node).flatMap(([name, value]: [string, unknown]) => {
    const here = [...path, name]
    return typeof value === 'string' ? [[here.join('.'), value] as [string, string]] : leaves(value as object, here)
  })
}

describe('the catalogue', () => {
  it('fills every value in, and has no sign that the catalogue’s own syntax swallows', () => {
    for (const [key, message] of leaves(en)) {
      const [, ...names] = message.split(/\{(?=\w+\})/).map((part) => /^(\w+)\}/.exec(part)?.[1] ?? '')
      const shown = i18n.global.t(key, Object.fromEntries(names.map((name) => [name, `<${name}>`])))
      const branches = message.split(' | ').map((branch) => branch.replace(/\{(\w+)\}/g, '<$1>'))
      expect(branches, key).toContain(shown)
    }
  })

  it('has no exclamation mark and begs nobody', () => {
    const loud = leaves(en).filter(([, message]) => /!|\bplease\b|\boops\b|successful/i.test(message))
    expect(loud).toEqual([])
  })

  it('chooses singular and plural by the number', () => {
    expect(text('status.jobs', 1)).toBe('1 job')
    expect(text('status.jobs', 2)).toBe('2 jobs')
    expect(text('home.images', 0)).toBe('no images')
  })
})

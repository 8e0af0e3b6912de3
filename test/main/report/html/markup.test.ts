import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { html } from '#main/report/html/markup.ts'

describe('html', () => {
  it('escapes what is filled in, and leaves its own markup as it is', () => {
    const name = `<img src=x onerror="alert('1')">&amp;`
    const inner = html`<b title="${name}">${name}</b>`
    const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;'
    expect(inner.text).toBe(`<b title="${escaped}">${escaped}</b>`)
    expect(html`<i>${inner}</i>`.text).toBe(`<i>${inner.text}</i>`)
  })

  it('puts lists one after the other, and nothing for null', () => {
    expect(html`<p>${[1, 'a', html`<br />`, null, ['<']]}${null}</p>`.text).toBe('<p>1a<br />&lt;</p>')
    expect(html``.text).toBe('')
  })

  it('shows a sign for what no page can show', () => {
    expect(html`${'a\u0000b\u001bc\ud800d\te'}`.text).toBe('a\ufffdb\ufffdc\ufffdd\te')
  })

  it('never lets text end an element or an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { text: made } = html`${text}`
        expect(made).not.toMatch(/[<>"']/)
        expect(made.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&')
      }),
    )
  })
})

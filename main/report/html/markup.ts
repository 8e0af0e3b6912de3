/** HTML that is safe to put into a page. Only the template below makes it. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What a template takes. Lists are put one after the other, null is nothing, everything else is text. */
export type Part = Markup | string | number | null | readonly Part[]

/**
 * Makes HTML of a template. Whatever is filled in is text and escaped, in elements as in quoted attributes; only what
 * came from this template itself stays as it is. Never fill in an attribute without quotes, a script or a style sheet.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, string, i) => text + partText(parts[i - 1]!) + string))
}

function partText(part: Part): string {
  if (part === null) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'object') return part.map(partText).join('')
  return escapeText(String(part))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** What no page can show (controls but tab and line ends, halves of surrogate pairs) becomes the sign for that. */
function escapeText(text: string): string {
  return (
    text
      .toWellFormed()
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
      .replace(/[&<>"']/g, (sign) => entities[sign]!)
  )
}

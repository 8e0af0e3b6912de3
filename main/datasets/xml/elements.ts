/** An element of an XML file, as plain JSON. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** All text directly in it, trimmed. */
  readonly text: string
}

/** An element without children or text, unless given. */
export function element(
  name: string,
  attributes: XmlElement['attributes'] = {},
  { children = [], text = '' }: Partial<Pick<XmlElement, 'children' | 'text'>> = {},
): XmlElement {
  return { name, attributes, children, text }
}

/** Whether a value from a project is an element that can be written. */
export function isXmlElement(value: unknown): value is XmlElement {
  if (typeof value !== 'object' || value === null) return false
  const { name, attributes, children, text } = value as Record<string, unknown>
  if (!isXmlName(name) || typeof text !== 'string' || !Array.isArray(children)) return false
  if (typeof attributes !== 'object' || attributes === null) return false
  const areTexts = Object.entries(attributes).every(([key, each]) => isXmlName(key) && typeof each === 'string')
  return areTexts && children.every(isXmlElement)
}

/** Whether something can be the name of an element or attribute; fewer than XML allows. */
export function isXmlName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z_][\w.-]*$/i.test(name)
}

/** A text less what XML cannot hold (control characters, halves of characters), which becomes U+FFFD. */
export function xmlText(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  return text.toWellFormed().replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
}

/** An element as XML, indented, with a line end. */
export function formatElement(each: XmlElement, indent = ''): string {
  const { children, text } = each
  const head = `${indent}${openTag(each)}`
  if (children.length === 0) return text === '' ? `${head}/>\n` : `${head}>${escaped(text)}</${each.name}>\n`
  const inside = children.map((child) => formatElement(child, `${indent}  `)).join('')
  const own = text === '' ? '' : `${indent}  ${escaped(text)}\n`
  return `${head}>\n${own}${inside}${indent}</${each.name}>\n`
}

/** The beginning of an element's tag: all but its end, `>` or `/>`. */
function openTag({ name, attributes }: XmlElement): string {
  return `<${[name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escaped(value)}"`)].join(' ')}`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** White space other than blanks would be read as a blank in an attribute. */
function escaped(text: string): string {
  return xmlText(text).replace(/[&<>"\t\n\r]/g, (each) => entities[each] ?? `&#${each.charCodeAt(0)};`)
}

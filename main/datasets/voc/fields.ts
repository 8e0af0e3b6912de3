import type { JsonObject } from '../dataset.ts'
import { isObject } from '../json/objects.ts'
import { element, isXmlName, type XmlElement } from '../xml/elements.ts'

/** The first child of a name. */
export function childOf({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find((child) => child.name === name)
}

/** The text of the first child of a name; empty where there is none. */
export function textOf(parent: XmlElement, name: string): string {
  return childOf(parent, name)?.text ?? ''
}

/**
 * An element as JSON: its text, or where there is more to it an object of children by their names (several of one name
 * as a list), attributes as `@name` and its text as `#text`. `elementsOf` makes the same element of it.
 */
function jsonOf(parent: XmlElement): unknown {
  const { attributes, children, text } = parent
  return Object.keys(attributes).length === 0 && children.length === 0 ? text : fieldsOf(parent)
}

/** The same, always as an object. @param left names of children to leave out */
export function fieldsOf({ attributes, children, text }: XmlElement, left: readonly string[] = []): JsonObject {
  const groups = Map.groupBy(
    children.filter(({ name }) => !left.includes(name)),
    ({ name }) => name,
  )
  return Object.fromEntries<unknown>([
    ...Object.entries(attributes).map(([name, value]) => [`@${name}`, value] as const),
    ...[...groups].map(([name, all]) => [name, all.length === 1 ? jsonOf(all[0]!) : all.map(jsonOf)] as const),
    ...(text === '' ? [] : [['#text', text] as const]),
  ])
}

/**
 * The elements of a name, from what `fieldsOf` makes of one, or from a list of such. Texts, numbers and truth values can be
 * written; fields of other kinds, and those whose name cannot be an element's, are left out.
 */
export function elementsOf(name: string, value: unknown): readonly XmlElement[] {
  if (!isXmlName(name)) return []
  if (Array.isArray(value)) return value.flatMap((each) => elementsOf(name, each))
  if (!isObject(value)) {
    const isText = ['string', 'number', 'boolean'].includes(typeof value)
    return isText ? [element(name, {}, { text: String(value) })] : []
  }
  const fields = Object.entries(value)
  const attributes = fields.flatMap(([key, text]) =>
    key.startsWith('@') && isXmlName(key.slice(1)) && typeof text === 'string' ? [[key.slice(1), text] as const] : [],
  )
  const text = typeof value['#text'] === 'string' ? value['#text'] : ''
  const children = fields.flatMap(([key, each]) => elementsOf(key, each))
  return [element(name, Object.fromEntries(attributes), { children, text })]
}

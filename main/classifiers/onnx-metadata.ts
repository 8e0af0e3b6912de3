import { CardOptions, type CardOptions as Options } from '#common/contract/procedures/models.ts'

/** Names under which exporters keep class names. */
const labelKeys = ['labels', 'class_names', 'classes', 'names']

/** What the range of pixels of ONNX's own image metadata means here. */
const ranges: Readonly<Record<string, Options['preprocess']>> = {
  NominalRange_0_255: 'none',
  Normalized_0_1: 'unit',
  Normalized_1_1: 'tf',
}

/**
 * What the metadata of an ONNX file say of its card: `preprocess` by name, or the range of RGB pixels as ONNX's
 * documentation has it; class names as JSON, or as Python prints a dictionary, where there is one for each class.
 * Everything else is left out.
 * @see https://github.com/onnx/onnx/blob/main/docs/MetadataProps.md
 */
export function cardOfMetadata(metadata: ReadonlyMap<string, string>, nClasses: number): Options {
  const range = metadata.get('Image.BitmapPixelFormat') === 'Rgb8' ? metadata.get('Image.NominalPixelRange') : undefined
  const said = CardOptions.shape.preprocess.safeParse(metadata.get('preprocess'))
  const preprocess = said.data ?? ranges[range ?? '']
  const labels = labelKeys
    .map((key) => labelsOf(metadata.get(key) ?? ''))
    .find((found) => found.length === nClasses && CardOptions.shape.labels.safeParse(found).success)
  return { ...(preprocess ? { preprocess } : {}), ...(labels ? { labels } : {}) }
}

/** @returns none where the text is no list of names */
function labelsOf(text: string): string[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = pythonDictionary(text)
  }
  if (Array.isArray(value)) return value.every((label) => typeof label === 'string') ? value : []
  if (typeof value !== 'object' || value === null) return []
  const byIndex = new Map(Object.entries(value))
  const labels = [...byIndex.keys()].map((_, i) => byIndex.get(String(i)) as unknown)
  return labels.every((label) => typeof label === 'string') ? labels : []
}

/** `{0: 'cat', 1: "dog"}`, as Python prints it; undefined for anything else. */
function pythonDictionary(text: string): Record<string, string> | undefined {
  const entry = /\s*(\d+)\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|\}$)/y
  const entries: Record<string, string> = {}
  if (!text.startsWith('{')) return undefined
  entry.lastIndex = 1
  for (let found = entry.exec(text); found; found = entry.exec(text)) {
    entries[found[1]!] = (found[2] ?? found[3]!).replace(/\\(.)/g, '$1')
    if (found[4] === '}') return entries
  }
  return undefined
}

import { AppError } from '#common/contract/errors.ts'
import type { OnnxModel, OnnxNode } from '../read-model.ts'

/**
 * The nodes that a value depends on, each behind those that it reads.
 * @param given names of values that are there without a node
 * @throws AppError 'model.format' for a value that two nodes give, that no node gives, or that depends on itself
 */
export function neededNodes(
  { nodes }: Pick<OnnxModel, 'nodes'>,
  output: string,
  given: ReadonlySet<string>,
): readonly OnnxNode[] {
  const producers = producersOf(nodes, given)
  const ordered: OnnxNode[] = []
  const state = new Map<OnnxNode, 'open' | 'done'>()
  const stack: { readonly name: string; readonly reader: OnnxNode | null; readonly closes?: OnnxNode }[] = [
    { name: output, reader: null },
  ]
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (next.closes) {
      state.set(next.closes, 'done')
      ordered.push(next.closes)
      continue
    }
    const { name, reader } = next
    if (name === '' || given.has(name)) continue
    const node = producers.get(name)
    if (!node)
      throw broken(`${reader ? `the node ${labelOf(reader)} reads` : 'the output is'} “${name}”, which nothing gives`)
    const known = state.get(node)
    if (known === 'open') throw broken(`the value “${name}” depends on itself`)
    if (known === 'done') continue
    state.set(node, 'open')
    stack.push({ name, reader, closes: node })
    for (const input of node.inputs) stack.push({ name: input, reader: node })
  }
  return ordered
}

function producersOf(nodes: readonly OnnxNode[], given: ReadonlySet<string>): ReadonlyMap<string, OnnxNode> {
  const producers = new Map<string, OnnxNode>()
  for (const node of nodes) {
    for (const output of node.outputs) {
      if (output === '') continue
      if (producers.has(output) || given.has(output)) throw broken(`the value “${output}” is given twice`)
      producers.set(output, node)
    }
  }
  return producers
}

function labelOf({ name, type }: OnnxNode): string {
  return name === '' ? type : `${name} (${type})`
}

function broken(why: string): AppError {
  return new AppError('model.format', `its network is broken: ${why}`, { hint: 'Export the model once more.' })
}

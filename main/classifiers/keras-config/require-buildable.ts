import { badConfig, isList, type Json, type JsonObject } from './keras-object.ts'

interface CalledLayer {
  readonly class_name: string
  readonly name: string
  readonly inbound_nodes: readonly (readonly (readonly [string, number, number, JsonObject])[])[]
}

/**
 * Goes through the calls of a functional model as TF.js will, which would never end where a call waits for a value
 * that no other gives, and which would number the calls of a layer anew where a later one can be made first.
 * @param model in the form of Keras 2
 * @throws AppError 'model.format'
 */
export function requireBuildable(model: JsonObject): void {
  const { name, layers, ...ends } = model['config'] as unknown as {
    readonly name: string
    readonly layers: readonly CalledLayer[]
    readonly input_layers: Json
    readonly output_layers: Json
  }
  const made = new Map(layers.map((layer) => [layer.name, callsFromTheStart(layer)]))
  const has = (from: string, node: number): boolean => node < (made.get(from) ?? 0)
  const waiting = new Map(layers.map((layer) => [layer, layer.inbound_nodes]))
  for (let isProgress = true; isProgress;) {
    isProgress = false
    for (const [layer, calls] of waiting) {
      const ready = calls.filter((call) => call.every(([from, node]) => has(from, node)))
      if (ready.length === 0) continue
      if (ready.some((call, i) => call !== calls[i]))
        throw badConfig(`the calls of the layer ${layer.name} are mixed up`)
      made.set(layer.name, made.get(layer.name)! + ready.length)
      waiting.set(layer, calls.slice(ready.length))
      isProgress = true
    }
  }
  const [stuck] = [...waiting].find(([, calls]) => calls.length > 0) ?? []
  if (stuck) throw badConfig(`the layer ${stuck.name} takes a value that no layer gives`)
  for (const end of Object.values(ends).flatMap((list) => (isList(list) ? list : []))) {
    const [from, node] = end as unknown as [string, number]
    if (!has(from, node)) throw badConfig(`an input or output of the model ${name} is the value of no layer (${from})`)
  }
}

/** An input has its value, and a nested model its own construction, before anything is called. */
function callsFromTheStart({ class_name: className, inbound_nodes: calls }: CalledLayer): number {
  const isModel = className === 'Sequential' || className === 'Model'
  return isModel || (className === 'InputLayer' && calls.length === 0) ? 1 : 0
}

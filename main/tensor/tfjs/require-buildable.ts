import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'

/** A value: name of its layer, which of the layer's calls, which of its outputs; then options of the call. */
const value = z.tuple([z.string(), z.number(), z.number()], z.unknown())
type Value = z.output<typeof value>
const calledLayer = z.object({
  class_name: z.string(),
  name: z.string(),
  config: z.unknown(),
  inbound_nodes: z.array(z.array(value)).default([]),
})
type CalledLayer = z.output<typeof calledLayer>
const functionalModel = z.object({
  layers: z.array(calledLayer),
  input_layers: z.array(value),
  output_layers: z.array(value),
})

const nested = z.object({ class_name: z.string(), config: z.unknown() })
const sequential = z.union([z.array(nested), z.object({ layers: z.array(nested) }).transform(({ layers }) => layers)])

/**
 * Goes through the calls of functional models, also of those inside others, as TensorFlow.js will: it would never end
 * where a call waits for a value that no other gives, and would number the calls of a layer anew where a later one can
 * be made first.
 * @param path the file that is named in errors
 * @param topology of a layers-model, in the form of Keras 2; what else may be wrong with it is for TensorFlow.js to say
 * @throws AppError 'model.format'
 */
export function requireBuildable(path: string, topology: unknown): void {
  const whole = z.object({ model_config: z.unknown() }).safeParse(topology)
  const why = whyNotBuildable(whole.success ? whole.data.model_config : topology)
  if (why === null) return
  throw new AppError('model.format', `${path} cannot be loaded: ${why}`, {
    hint: 'The file may be damaged: save the model again.',
  })
}

/** Models inside models: far more than any has, and little enough for recursion. */
const maxDepth = 50

/** @returns part of a sentence; null: nothing that is looked at here is wrong */
function whyNotBuildable(model: unknown, depth = 0): string | null {
  if (depth > maxDepth) return `models in it are nested more than ${maxDepth} deep`
  const parsed = nested.safeParse(model)
  if (!parsed.success) return null
  const { class_name: className, config } = parsed.data
  if (className === 'Sequential') return whyAnyIsNot(sequential.safeParse(config).data ?? [], depth)
  if (!isFunctional(className)) return null
  const functional = functionalModel.safeParse(config)
  if (!functional.success) return 'a model in it does not say how its layers are connected'
  const { layers, input_layers: inputs, output_layers: outputs } = functional.data
  return whyAnyIsNot(layers, depth) ?? whyNotConnected(layers, [...inputs, ...outputs])
}

function whyAnyIsNot(layers: readonly unknown[], depth: number): string | null {
  for (const layer of layers) {
    const why = whyNotBuildable(layer, depth + 1)
    if (why !== null) return why
  }
  return null
}

function whyNotConnected(layers: readonly CalledLayer[], ends: readonly Value[]): string | null {
  /** how many calls of each layer can be made */
  const made = new Map(layers.map((layer) => [layer.name, callsFromTheStart(layer)]))
  const has = ([from, call]: Value): boolean => call < (made.get(from) ?? 0)
  const waiting = new Map(layers.map((layer) => [layer, layer.inbound_nodes]))
  for (let isProgress = true; isProgress;) {
    isProgress = false
    for (const [layer, calls] of waiting) {
      const ready = calls.filter((call) => call.every(has))
      if (ready.length === 0) continue
      if (ready.some((call, i) => call !== calls[i])) return `the calls of the layer ${layer.name} are mixed up`
      made.set(layer.name, made.get(layer.name)! + ready.length)
      waiting.set(layer, calls.slice(ready.length))
      isProgress = true
    }
  }
  const [stuck] = [...waiting].find(([, calls]) => calls.length > 0) ?? []
  if (stuck) return `its layer ${stuck.name} takes a value that no layer gives`
  const end = ends.find((each) => !has(each))
  return end ? `its input or output ${end[0]} is the value of no layer` : null
}

/** An input has its value, and a nested model its own construction, before anything is called. */
function callsFromTheStart({ class_name: className, inbound_nodes: calls }: CalledLayer): number {
  const isModel = className === 'Sequential' || isFunctional(className)
  return isModel || (className === 'InputLayer' && calls.length === 0) ? 1 : 0
}

function isFunctional(className: string): boolean {
  return className === 'Model' || className === 'Functional'
}

import { AppError } from '#common/contract/errors.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** Which of Keras's ways to describe a model a file follows: that of Keras 2 (and tf_keras), or that of Keras 3. */
export type KerasGeneration = 2 | 3

/** A model, layer or operation as Keras describes it. */
export interface KerasObject {
  readonly className: string
  readonly name: string
  readonly config: JsonObject
  /** where Python finds the class; null where the description does not say, as in .h5 files */
  readonly module: string | null
  /** its calls inside a functional model */
  readonly inboundNodes: readonly Json[]
}

/** Far more than any real model, and little enough for recursion. */
const maxDepth = 200

/**
 * Parses the description of a model.
 * @throws AppError 'model.format' where it is no JSON, or nested without end
 */
export function parseConfig(text: string): Json {
  if (depthOf(text) > maxDepth) throw badConfig(`it is nested more than ${maxDepth} levels deep`)
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw badConfig(`it is not JSON: ${cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : ''}`, cause)
  }
}

/** Brackets open at once; those in strings are counted too, which only a file made for it brings near the limit. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

/**
 * @param where what is described there, for the message
 * @throws AppError 'model.format'
 */
export function kerasObject(value: Json | undefined, where: string): KerasObject {
  if (!isObject(value)) throw badConfig(`${where} is no object`)
  const { class_name: className, config, module, registered_name: registeredName, inbound_nodes: nodes } = value
  if (typeof className !== 'string') throw badConfig(`${where} has no class_name`)
  // Keras 2.0 and 2.1 described a Sequential by the list of its layers
  const own = isList(config) ? { name: 'sequential', layers: config } : config
  if (!isObject(own)) throw badConfig(`${where} (${className}) has no config`)
  const name = own['name'] ?? value['name']
  return {
    // what was registered under a package of its own is another class, whatever it is called
    className: typeof registeredName === 'string' && registeredName.includes('>') ? registeredName : className,
    name: typeof name === 'string' ? name : '',
    config: own,
    module: typeof module === 'string' ? module : null,
    inboundNodes: isList(nodes) ? nodes : [],
  }
}

/** False for a class that somebody wrote for one project, also where it is called like one of Keras. */
export function isFromKeras({ className, module }: KerasObject): boolean {
  return !className.includes('>') && (module === null || /^(keras|tf_keras|tensorflow)(\.|$)/.test(module))
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}

/** @returns the name of a class or function: itself, or that of the object that describes it */
export function nameOf(value: Json): string {
  if (typeof value === 'string') return value
  const { class_name: className, config } = isObject(value) ? value : {}
  const name = className === 'function' ? config : className
  return typeof name === 'string' ? name : JSON.stringify(value)
}

/** @param why a clause about “it”, the description */
export function badConfig(why: string, cause?: unknown): AppError {
  return new AppError('model.format', `the description of the model cannot be read: ${why}`, {
    hint: 'The file may be damaged: save the model again with model.save().',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** @param what the layer, operation or activation that cannot be computed, and where it is */
export function unsupported(what: string, layer: string, hint?: string): AppError {
  return new AppError('model.layer-unknown', what, {
    hint: hint ?? 'Custom layers and operations cannot be loaded; export the model as ONNX instead.',
    data: { layer },
  })
}

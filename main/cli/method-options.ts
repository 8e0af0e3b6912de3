import { Option, type Command } from 'commander'
import type { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { MethodOptions } from '#common/contract/procedures/common.ts'
import { explainerById, explainers } from '#main/explainers/registry.ts'

/** An option that at least one explanation method has. */
interface MethodFlag {
  readonly key: string
  readonly flag: string
  readonly description: string
}

/** The ids of the methods there are. */
export const methodIds: readonly string[] = explainers.map(({ id }) => id)

const idWidth = Math.max(...methodIds.map(({ length }) => length))

/** One line a method, for help texts. */
export const methodLines: readonly string[] = explainers.map(
  ({ id, description }) => `  ${id.padEnd(idWidth)}  ${description}`,
)

/** Adds a flag for every option of every method, but for those that the command has already. */
export function addMethodOptions(command: Command): Command {
  command.optionsGroup('Method options:')
  for (const { flag, description } of methodFlags()) {
    if (command.options.some(({ long }) => long === flag)) continue
    command.addOption(new Option(`${flag} <value>`, description))
  }
  return command.optionsGroup('Options:')
}

/**
 * The options of a method out of those that were given on the command line.
 * @param given by camelCase name; what no method has is left alone
 * @param shared names that also mean something beside the method: no error where this method has no such option
 * @throws AppError 'explainer.unknown'; 'explainer.options' for an option that only other methods have
 */
export function methodOptions(
  method: string,
  given: Readonly<Record<string, unknown>>,
  shared: readonly string[] = [],
): z.output<typeof MethodOptions> {
  return methodsWithOptions([method], given, shared)[0]!.options
}

/**
 * Methods with the options that were given on the command line: each takes those that it has.
 * @param given as `methodOptions` takes it
 * @param shared names that also mean something beside the methods: no error where none of them has such an option
 * @throws AppError 'explainer.unknown'; 'explainer.options' for an option that none of the methods has
 */
export function methodsWithOptions(
  methods: readonly string[],
  given: Readonly<Record<string, unknown>>,
  shared: readonly string[] = [],
): { method: string; options: z.output<typeof MethodOptions> }[] {
  const chosen = methods.map((method) => ({ method, own: Object.keys(explainerById(method).options.shape) }))
  const known = new Set(chosen.flatMap(({ own }) => own))
  const foreign = methodFlags().find(({ key }) => given[key] !== undefined && !known.has(key) && !shared.includes(key))
  if (foreign) {
    const hint = [...known].map(flagOf).join(', ')
    throw new AppError('explainer.options', `${foreign.flag} is no option of ${methods.join(' or ')}`, {
      hint: hint === '' ? 'There is none.' : `Possible here: ${hint}.`,
    })
  }
  return chosen.map(({ method, own }) => ({
    method,
    options: Object.fromEntries(own.filter((key) => given[key] !== undefined).map((key) => [key, String(given[key])])),
  }))
}

function methodFlags(): MethodFlag[] {
  const flags = new Map<string, MethodFlag>()
  for (const { id, options } of explainers) {
    for (const [key, schema] of Object.entries(options.shape) as [string, z.ZodType][]) {
      const known = flags.get(key)
      const text = `${schema.description ?? ''}${defaultText(schema)}`
      const description = known ? `${known.description}; ${id}: ${text}` : `${id}: ${text}`
      flags.set(key, { key, flag: flagOf(key), description })
    }
  }
  return [...flags.values()]
}

function defaultText(schema: z.ZodType): string {
  const value = schema.safeParse(undefined).data
  return ['string', 'number', 'boolean'].includes(typeof value)
    ? ` (default: ${value as string | number | boolean})`
    : ''
}

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

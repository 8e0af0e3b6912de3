import { InvalidArgumentError, Option } from 'commander'
import type { z } from 'zod'
import { Variant } from '#common/contract/procedures/common.ts'
import { describeIssues } from '#common/contract/rpc.ts'

/**
 * Reads an option as a number within the bounds of a schema of the contract.
 * @throws InvalidArgumentError naming the bound
 */
export function numberOf(schema: z.ZodType<number>): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text)
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    throw new InvalidArgumentError(Number.isNaN(value) ? 'It is not a number.' : `${describeIssues(parsed.error)}.`)
  }
}

/** Collects an option that may be given several times and may hold several values, separated by commas. */
export function listOf(text: string, previous: readonly string[] = []): string[] {
  const values = text.split(',').map((value) => value.trim())
  if (values.includes('')) throw new InvalidArgumentError('There is nothing between two commas, or nothing at all.')
  return [...previous, ...values]
}

/** An option whose value is one of a few words. */
export function choice(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices(values)
}

/** `--variant`, or another option of these two values. */
export function variantOption(flags: string, description: string): Option {
  return choice(flags, description, Variant.options).default('standard')
}

/** The same object without the properties that are undefined. */
export function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

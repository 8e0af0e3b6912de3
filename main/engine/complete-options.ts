import type { JsonObject } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import { describeIssues } from '#common/contract/rpc.ts'
import { explainerById, explainers } from '#main/explainers/registry.ts'
import { importedOptions } from '#main/project/explanation-repository.ts'

/**
 * All options of an explanation method with their defaults, so that the same explanation has the same key however it
 * was asked for.
 * @throws AppError 'explainer.unknown', 'explainer.options'
 */
export function completeOptions(method: string, options: Readonly<Record<string, unknown>>): JsonObject {
  const explainer = explainerById(method)
  const parsed = explainer.options.safeParse(options)
  if (parsed.success) return parsed.data as JsonObject
  throw new AppError('explainer.options', `${explainer.label}: ${describeIssues(parsed.error)}`)
}

/** As `completeOptions`; those of a method whose maps were made elsewhere are what they are. */
export function knownOptions(method: string, options: Readonly<Record<string, unknown>>): JsonObject {
  const isOwn = options['source'] !== importedOptions.source && explainers.some(({ id }) => id === method)
  return isOwn ? completeOptions(method, options) : (options as JsonObject)
}

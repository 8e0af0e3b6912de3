import type { JsonObject } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import { describeIssues } from '#common/contract/rpc.ts'
import { explainerById } from '#main/explainers/registry.ts'

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

import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import { damageHint } from './damage-hint.ts'

/**
 * Reads a JSON column and checks its shape.
 * @param place the column and row, for the message
 * @throws AppError 'project.corrupt' where it is no JSON, or of another shape
 */
export function readJson<T>(shape: z.ZodType<T>, text: string, place: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw unexpected(place, String(cause), cause)
  }
  const parsed = shape.safeParse(value)
  if (!parsed.success) throw unexpected(place, z.prettifyError(parsed.error), parsed.error)
  return parsed.data
}

/** Any JSON object. What is in it was JSON text a moment ago, so it holds nothing else. */
export const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'expected an object' },
)

function unexpected(place: string, what: string, cause: unknown): AppError {
  return new AppError('project.corrupt', `${place} does not hold what it should: ${what}`, {
    hint: `The file was changed outside the program or is damaged: check it with “obalex verify”. ${damageHint()}`,
    data: { place },
    cause,
  })
}

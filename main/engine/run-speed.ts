import { canonicalJson, type Json } from '#common/contract/canonical-json.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import { explainerById } from '#main/explainers/registry.ts'
import { completeOptions } from './complete-options.ts'
import type { Speeds } from './speeds.ts'

/** An explanation method as it is used. */
interface Method {
  readonly method: string
  readonly options?: Readonly<Record<string, unknown>> | undefined
}

/** Where an explanation is computed: its predictions and its gradients. */
export function explainingRuntime({ predictionRuntime, gradientRuntime }: ClassifierInfo): string {
  return [...new Set([predictionRuntime, gradientRuntime])].join('+')
}

/**
 * What a method's speed is remembered under: other options than the usual ones may make it another work. A seed does not.
 * @throws AppError 'explainer.unknown', 'explainer.options'
 */
export function workOf({ method, variant, options = {} }: Method & { readonly variant: Variant }): string {
  const usual = completeOptions(method, {})
  const isUnusual = ([key, value]: [string, Json]): boolean =>
    key !== 'seed' && canonicalJson(value) !== canonicalJson(usual[key] ?? null)
  const unusual = (Object.entries(completeOptions(method, options)) as [string, Json][]).filter(isUnusual)
  const words = [method, variant]
  return (unusual.length === 0 ? words : [...words, canonicalJson(Object.fromEntries(unusual))]).join(' ')
}

/** What a method takes beside the clean pass that it may share, and whether it does. */
interface MethodSeconds {
  /** null: it never ran here */
  readonly seconds: number | null
  readonly sharesPass: boolean
}

/**
 * What parts of an image take by what ran here before, seconds. The prediction is the clean pass.
 * @returns prediction: null: it never ran here
 */
export async function imageSeconds(
  speeds: Pick<Speeds, 'secondsPerImage'>,
  info: ClassifierInfo,
  { methods, variant }: { readonly methods: readonly Method[]; readonly variant: Variant },
): Promise<{ readonly prediction: number | null; readonly methods: readonly MethodSeconds[] }> {
  const { sha256, predictionRuntime } = info
  const runtime = explainingRuntime(info)
  const prediction = await speeds.secondsPerImage({ sha256, runtime: predictionRuntime, work: 'predict' })
  const ofMethod = async (method: Method): Promise<MethodSeconds> => {
    const alone = await speeds.secondsPerImage({ sha256, runtime, work: workOf({ ...method, variant }) })
    // at another layer than the model's own it passes the photo through the network itself
    const sharesPass = explainerById(method.method).startsFromCleanPass === true && !method.options?.['layer']
    return { seconds: alone !== null && sharesPass ? Math.max(0, alone - (prediction ?? 0)) : alone, sharesPass }
  }
  return { prediction, methods: await Promise.all(methods.map(ofMethod)) }
}

import { parseLabelList } from '#common/classes/label-list.ts'
import type { ErrorCode } from '#common/contract/errors.ts'
import {
  alphas,
  architectureNames,
  CardOptions,
  type ArchitectureRequest,
  type ModelRequest,
  type Preprocessing,
  type RuntimePreference,
} from '#common/contract/procedures/models.ts'

/** What a person says about a model that is to be run; '' where the file is to say it. */
export interface ModelDraft {
  readonly path: string
  /** of its network, as `architectures` names it; '': the file holds the layers as well */
  readonly architecture: string
  readonly preprocess: Preprocessing | ''
  /** one a line, or a JSON list */
  readonly labels: string
  /** side of the input, px */
  readonly side: string
  readonly layer: string
}

/** A field of the draft that something is wrong with. */
export type DraftField = 'path' | 'architecture' | 'preprocess' | 'labels' | 'side' | 'layer'

/** The networks that a file of weights may belong to, by a name of their own. */
export const architectures: readonly { readonly key: string; readonly architecture: ArchitectureRequest }[] =
  architectureNames
    .flatMap((name) => (name === 'mobilenet' ? alphas : ([1] as const)).map((alpha) => ({ name, alpha })))
    .flatMap((network) => [true, false].map((top) => ({ ...network, top })))
    .map((architecture) => ({ key: keyOf(architecture), architecture }))

function keyOf({ name, alpha, top }: ArchitectureRequest): string {
  return [name, alpha, top ? 'top' : 'own'].join(' ')
}

/** @param architecture of a file that holds weights only */
export function newDraft(path: string, architecture: ArchitectureRequest | null = null): ModelDraft {
  const key = architecture === null ? '' : keyOf(architecture)
  return { path, architecture: key, preprocess: '', labels: '', side: '', layer: '' }
}

/** Whether the file may hold weights only, whose network must be said then. */
export function mayBeWeights(path: string): boolean {
  return /\.(h5|hdf5)$/i.test(path)
}

/** The field in which something is written that cannot be meant; null: none. */
export function unreadField(draft: ModelDraft): 'labels' | 'side' | null {
  if (draft.side.trim() !== '' && !CardOptions.shape.size.safeParse(Number(draft.side)).success) return 'side'
  return draft.labels.trim() !== '' && labelsOf(draft) === null ? 'labels' : null
}

/** @param draft without an unread field */
export function requestOf(draft: ModelDraft, runtime: RuntimePreference): ModelRequest {
  const { path, preprocess, side, layer } = draft
  const network = architectures.find(({ key }) => key === draft.architecture)
  const labels = draft.labels.trim() === '' ? null : labelsOf(draft)
  return {
    path: path.trim(),
    ...(network === undefined ? {} : { architecture: network.architecture }),
    card: {
      ...(preprocess === '' ? {} : { preprocess }),
      ...(labels === null ? {} : { labels }),
      ...(side.trim() === '' ? {} : { size: Number(side) }),
      ...(layer.trim() === '' ? {} : { layer: layer.trim() }),
    },
    runtime,
  }
}

function labelsOf({ labels }: ModelDraft): string[] | null {
  try {
    const parsed = CardOptions.shape.labels.safeParse(parseLabelList(labels.trim()))
    return parsed.success ? (parsed.data ?? null) : null
  } catch {
    return null // begins like JSON and is none
  }
}

const fields: Partial<Record<ErrorCode, DraftField>> = {
  'model.preprocessing-unknown': 'preprocess',
  'model.labels': 'labels',
  'model.layer-missing': 'layer',
}

/** Where a person can mend what the engine says of a model. */
export function fieldOf(code: ErrorCode, { path, side }: ModelDraft): DraftField {
  // else it is the card beside the file that is wrong
  if (code === 'model.card' && side !== '') return 'side'
  if (code === 'model.format' && mayBeWeights(path)) return 'architecture'
  return fields[code] ?? 'path'
}

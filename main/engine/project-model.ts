import { canonicalJson } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import type { JobId } from '#common/contract/ids.ts'
import type { ClassifierInfo, ModelCard, ModelRequest } from '#common/contract/procedures/models.ts'
import { RunSpec } from '#common/contract/procedures/running.ts'
import { listJobs } from '#main/project/job-repository.ts'
import { noFileSha256, type Model } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { ComputeDevice, RemoteClassifier } from './compute-device.ts'
import { isOfRequest } from './score-table.ts'
import { cardOf } from './stored-card.ts'

const pageSize = 50

/**
 * Loads a model of a project as the run did that brought it in, from where its file lay then.
 * @throws AppError 'model.missing' where there is no file, 'model.changed' where there is another one, else what loading
 *   throws
 */
export async function loadProjectModel(
  { project, compute }: { readonly project: Project; readonly compute: ComputeDevice },
  model: Model,
  signal: AbortSignal,
): Promise<RemoteClassifier> {
  const classifier = await load(compute, model, { request: await requestOf(project, model), signal })
  if (isModel(classifier.info, model, cardOf(model))) return classifier
  throw new AppError('model.changed', `${model.path} is not the classifier ${model.name} that the project knows`, {
    hint: 'Put the old file back, or run the new one as another classifier. What was computed before is kept.',
  })
}

/** Whether a classifier that was loaded is the one that results belong to: the same weights, used in the same way. */
export function isModel(info: ClassifierInfo, { sha256 }: Pick<Model, 'sha256'>, card: ModelCard): boolean {
  return info.sha256 === sha256 && canonicalJson(info.card) === canonicalJson(card)
}

async function load(
  compute: ComputeDevice,
  { name, path, sha256 }: Model,
  { request, signal }: { readonly request: ModelRequest; readonly signal: AbortSignal },
): Promise<RemoteClassifier> {
  if (sha256 === noFileSha256) {
    throw new AppError('model.missing', `${name} has no file here: its maps were made elsewhere`, {
      hint: 'Maps that are stored can be looked at; run the classifier’s own file to compute new ones.',
    })
  }
  try {
    return await compute.classifier(request, signal)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'file.missing') throw error
    throw new AppError('model.missing', `the file of the classifier ${name} is not there any more: ${path}`, {
      hint: 'Put it back, or run it from where it lies now. Maps that are stored stay as they are.',
      data: { path },
      cause: error,
    })
  }
}

/** What the newest run with this model asked for; a card alone does not say which architecture weights belong to. */
async function requestOf(project: Project, model: Model): Promise<ModelRequest> {
  for (let after: JobId | undefined; ;) {
    const page = await listJobs(project.read, { limit: pageSize, ...(after === undefined ? {} : { after }) })
    for (const { kind, spec } of page) {
      const parsed = kind === 'run' ? RunSpec.safeParse(spec) : null
      const request = parsed?.data?.models.find((candidate) => isOfRequest(model, candidate))
      if (request) return request
    }
    if (page.length < pageSize) return requestOfCard(model)
    after = page.at(-1)!.id
  }
}

function requestOfCard(model: Model): ModelRequest {
  const { name, preprocess, labels, layer, resize, fit } = cardOf(model)
  const given = { ...(labels === null ? {} : { labels }), ...(layer === null ? {} : { layer }) }
  return { path: model.path, card: { name, preprocess, resize, fit, ...given } }
}

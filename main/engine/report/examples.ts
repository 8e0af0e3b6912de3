import { canonicalJson } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ModelCard } from '#common/contract/procedures/models.ts'
import { getBlob } from '#main/project/blobs.ts'
import { getExplanation } from '#main/project/explanation-repository.ts'
import { getImage, listFolders } from '#main/project/image-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { ReportedScore } from '#main/project/score-repository.ts'
import type { Evidence, ReportExample } from '#main/report/document.ts'
import { objectMatching } from '../class-matching.ts'
import { readObjectMask, type ObjectMask } from '../object-mask.ts'

/** Makes an example of a score of a model with this card: looks up what its picture is drawn from. */
export type ExampleMaker = (score: ReportedScore, card: ModelCard) => Promise<ReportExample>

export async function exampleMaker(project: Project): Promise<ExampleMaker> {
  const matching = await objectMatching(project)
  const folders = await listFolders(project.read)
  return async (score, card) => {
    const image = await getImage(project.read, score.imageId)
    const objectMask = await readObjectMask(project.read, image, matching)
    const explanation = await getExplanation(project.read, score.explanationId)
    const { obalex, areaShare, lift, reason, label, classLabel, probability, method } = score
    const evidence: Evidence = {
      folder: folders.get(image.folderId)!,
      file: image.file,
      sha256: image.sha256,
      card: { width: card.width, height: card.height, fit: card.fit },
      map: {
        header: canonicalJson(explanation.header),
        values: await getBlob(project.read, explanation.blobSha256),
      },
      mask: outlineOf(objectMask),
      isCorrected: objectMask.masks.some(({ revision }) => revision.kind === 'correction'),
    }
    const facts = { obalex, areaShare, lift, reason, image: image.file, label, predicted: classLabel, probability }
    return { ...facts, method, isMaskInForce: objectMask.key === score.maskKey, evidence }
  }
}

/** A mask of another size than its photo cannot be drawn over it; the score was not computed with it either. */
function outlineOf(objectMask: ObjectMask): Evidence['mask'] {
  try {
    return objectMask.rle()
  } catch (error) {
    if (error instanceof AppError && error.code === 'mask.size') return null
    throw error
  }
}

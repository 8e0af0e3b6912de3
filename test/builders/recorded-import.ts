import type { ImageId } from '#common/contract/ids.ts'
import {
  type ProjectImage,
  findOrInsertFolder,
  getImage,
  insertImages,
  updateImage,
} from '#main/project/image-repository.ts'
import { ImportRecorder, type StoredImport } from '#main/project/import-repository.ts'
import { insertInstances } from '#main/project/mask-repository.ts'
import type { Project } from '#main/project/project.ts'
import { anImage, anInstance } from './project.ts'

/** An import as the engine records it, of so many images with a mask each, from a folder of its own. */
export function importImages(
  project: Project,
  count: number,
  { folder, refresh = [] }: { readonly folder: string; readonly refresh?: readonly ImageId[] },
): Promise<StoredImport> {
  return project.write({ actor: 'test', action: 'dataset.import', subject: 'project' }, async (trx) => {
    const recorder = await ImportRecorder.begin(trx)
    const folderId = await findOrInsertFolder(trx, folder)
    const images = Array.from({ length: count }, (_, i) => anImage(folderId, i))
    const ids = await insertImages(trx, images, 1)
    await insertInstances(
      trx,
      ids.map((id) => anInstance(id)),
      1,
    )
    for (const id of refresh) {
      const image: ProjectImage = await getImage(trx, id)
      await recorder.keepFormer(image)
      await updateImage(trx, id, { label: `not ${image.label}`, split: 'test', sha256: '9'.repeat(64), sizeBytes: 5 })
    }
    return (await recorder.end())!
  })
}

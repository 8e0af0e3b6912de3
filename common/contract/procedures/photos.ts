import { z } from 'zod'
import { stream } from '../rpc.ts'
import { FilePath, Progress } from './common.ts'
import { ProjectHandle } from './projects.ts'

const count = z.number().int().nonnegative()

export const photoProcedures = {
  /**
   * Looks in a folder, and in those below it, for the photos that are not where an image of theirs was imported from, and
   * notes where they lie now. A photo is known by its content: names and folders may be others.
   * @throws AppError 'file.missing', 'file.unreadable' for the folder; 'project.read-only'
   */
  'photos.find': stream(
    z.strictObject({
      project: ProjectHandle,
      /** one whose photo is missing; all that came from the same folder are looked for */
      image: z.number().int().positive(),
      folder: FilePath,
    }),
    Progress,
    z.strictObject({
      /** now at their new place */
      found: count,
      /** still not there */
      missing: count,
    }),
  ),
}

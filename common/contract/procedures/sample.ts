import { z } from 'zod'
import { stream } from '../rpc.ts'
import { FilePath, Progress } from './common.ts'
import { ModelRequest } from './models.ts'

/** The methods that the sample is looked at with: the quick ones, so that it is done in a minute. */
export const sampleMethods = ['occlusion', 'gradcam'] as const

export const sampleProcedures = {
  /**
   * Makes the sample project in a folder: draws its photos with their masks and takes them in. What is there already is
   * kept, so that it can be stopped and asked for again. @throws AppError 'project.locked' while another window writes it
   */
  'sample.build': stream(
    z.strictObject({ folder: FilePath }),
    Progress,
    z.strictObject({
      /** the project file, closed where the caller did not have it open */
      project: z.string(),
      /** the two classifiers that come with the program: one learned a shortcut, one did not */
      models: z.array(ModelRequest),
    }),
  ),
}

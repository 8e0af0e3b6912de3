import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { userFolder } from '#main/files/user-folder.ts'
import { writeAside } from '#main/files/write-aside.ts'

/** The release of tfjs-node-gpu whose addon is built; the same as TensorFlow.js, with which it shares its engine. */
export const addonVersion = '4.22.0'

const Facts = z.strictObject({
  /** of its folder, beside this file */
  name: z.string().regex(/^[\w.-]+$/),
  /** of TensorFlow */
  version: z.string(),
  gpu: z.boolean(),
  addon: z.literal(addonVersion),
})

/** A TensorFlow that was built on this machine. */
export interface NativeBuild {
  /** absolute path */
  readonly folder: string
  readonly version: string
  /** whether it has NVIDIA's libraries */
  readonly gpu: boolean
}

/** Where builds lie: `OBALEX_TENSORFLOW`, else in the user's folder. It need not exist. */
export function buildsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env['OBALEX_TENSORFLOW'] || join(userFolder(env), 'tensorflow')
}

const pointer = (builds: string): string => join(builds, 'current.json')

/** The build in use. Null where there is none, or one of another release of this program. */
export function readCurrentBuild(builds = buildsFolder()): NativeBuild | null {
  try {
    const { name, version, gpu } = Facts.parse(JSON.parse(readFileSync(pointer(builds), 'utf8')))
    const folder = join(builds, name)
    return existsSync(folder) ? { folder, version, gpu } : null
  } catch {
    return null // it is made again by the next build
  }
}

/**
 * Puts a build into use, from one moment to the next.
 * @param name of its folder inside the folder of builds
 * @throws AppError 'file.unwritable'
 */
export async function useBuild(
  builds: string,
  { name, version, gpu }: { readonly name: string; readonly version: string; readonly gpu: boolean },
): Promise<NativeBuild> {
  const facts: z.output<typeof Facts> = { name, version, gpu, addon: addonVersion }
  await writeAside(pointer(builds), `${JSON.stringify(facts, null, 2)}\n`)
  return { folder: join(builds, name), version, gpu }
}

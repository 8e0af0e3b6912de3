import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const key = 'obalex.tfjs'

/** The packages of TensorFlow.js that the addon's JavaScript asks for; the first has all that the second has. */
const names = ['@tensorflow/tfjs', '@tensorflow/tfjs-core'] as const

/**
 * Writes the packages of TensorFlow.js that the addon's JavaScript finds beside itself: they are the TensorFlow.js of
 * the program that loads the addon, and no second one.
 * @param packages a build's `node_modules`
 */
export async function writeTfjsStandIns(packages: string): Promise<void> {
  for (const name of names) {
    const folder = join(packages, name)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, main: 'index.js' }))
    await writeFile(join(folder, 'index.js'), `module.exports = globalThis[Symbol.for('${key}')]\n`)
  }
}

/** Says which TensorFlow.js builds are to use that this process loads from now on. */
export function offerTfjs(tfjs: unknown): void {
  Object.assign(globalThis, { [Symbol.for(key)]: tfjs })
}

/** Database and images of the engine are N-API modules for this Node and later; in an older one they abort the process. */
const oldestNode = 22

/**
 * The Node that the engine needs beside Electron.
 * @returns its program; null: Electron's own is new enough and none was asked for
 * @throws Error where Electron's is too old and `OBALEX_ENGINE_NODE` names none
 */
export function engineNode(
  env: Readonly<Record<string, string | undefined>>,
  versions: { readonly node: string },
): string | null {
  const own = env['OBALEX_ENGINE_NODE']
  if (own) return own
  if (Number(versions.node.split('.')[0]) >= oldestNode) return null
  throw new Error(
    `the Node in this Electron is ${versions.node}, and the engine needs ${oldestNode}: OBALEX_ENGINE_NODE may name one`,
  )
}

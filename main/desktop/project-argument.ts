import { resolve } from 'node:path'

/**
 * The project that a command line of the desktop program names.
 * @param argv whole, as Electron gives it: with the program, and the program's folder where that was given to Electron
 * @param folder that it was given in
 * @returns an absolute path; null: none is named
 */
export function projectArgument(argv: readonly string[], folder: string): string | null {
  const named = argv.slice(1).find((word) => /^[^-].*\.obalex$/.test(word))
  return named === undefined ? null : resolve(folder, named)
}

/** What lets root read and write whatever permissions say. */
const rights = ['dac_override', 'dac_read_search', 'fowner'].map((name) => `-${name}`).join(',')

/**
 * A command whose process permissions bind. For root it gives up the rights that pass over them, and stays the owner of
 * its files: as another user it might not even reach the program, in a home that is closed to others.
 * @param command program and arguments
 */
export function unprivileged(command: readonly string[]): readonly [program: string, ...args: string[]] {
  const isRoot = process.getuid?.() === 0
  const before = isRoot ? ['setpriv', `--bounding-set=${rights}`, `--inh-caps=${rights}`, '--'] : []
  return [...before, ...command] as [string, ...string[]]
}

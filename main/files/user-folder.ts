import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where the program keeps what belongs to the user and to no project. `OBALEX_HOME` names another folder; it need not
 * exist.
 */
export function userFolder(
  env: NodeJS.ProcessEnv = process.env,
  { platform = process.platform, home = homedir() }: { platform?: NodeJS.Platform; home?: string } = {},
): string {
  const own = env['OBALEX_HOME']
  if (own) return own
  const name = 'obalex-workstation'
  if (platform === 'win32') return join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), name)
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', name)
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), name)
}

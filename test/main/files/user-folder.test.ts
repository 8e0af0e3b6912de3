import { join } from 'node:path'
import { expect, it } from 'vitest'
import { userFolder } from '#main/files/user-folder.ts'

const home = join('/', 'home', 'ada')

it.each([
  [{}, 'linux', join(home, '.local', 'share', 'obalex-workstation')],
  [{ XDG_DATA_HOME: '/data' }, 'linux', join('/data', 'obalex-workstation')],
  [{ XDG_DATA_HOME: '' }, 'linux', join(home, '.local', 'share', 'obalex-workstation')],
  [{}, 'darwin', join(home, 'Library', 'Application Support', 'obalex-workstation')],
  [{ APPDATA: 'roaming' }, 'win32', join('roaming', 'obalex-workstation')],
  [{}, 'win32', join(home, 'AppData', 'Roaming', 'obalex-workstation')],
  [{ OBALEX_HOME: '/own', XDG_DATA_HOME: '/data' }, 'linux', '/own'],
] as const)('%o on %s', (env, platform, expected) => {
  expect(userFolder(env, { platform, home })).toBe(expected)
})

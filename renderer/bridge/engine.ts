import type { Link } from '#common/contract/rpc.ts'
import { Bridge } from './bridge.ts'
import { desktop } from './desktop.ts'
import { portDialler } from './dial-port.ts'
import { dialSocket } from './dial-socket.ts'

/**
 * The way to the engine: the desktop's, or that of the server which this page came from. It ends with the page, so that
 * the one which is loaded next finds the project free.
 */
export function connectEngine(): Bridge {
  const bridge = new Bridge({ dial: dialler() })
  window.addEventListener('pagehide', () => bridge.dispose())
  // a page that the browser kept and shows again has no link any more
  window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload())
  return bridge
}

function dialler(): () => Promise<Link> {
  if (desktop !== null) return portDialler(desktop)
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/engine`
  return () => dialSocket(() => new WebSocket(url))
}

/**
 * The project that the page was opened for (`obalex serve PROJECT`), once: what is loaded again goes on where it was.
 * @returns its path; null where there is none
 */
export function takeRequestedProject(): string | null {
  const path = new URLSearchParams(location.hash.slice(1)).get('open')
  if (path !== null) history.replaceState(null, '', location.pathname)
  return path
}

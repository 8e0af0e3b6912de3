import { Bridge } from './bridge.ts'
import { dialSocket } from './dial-socket.ts'

/** The way to the engine of the server that this page came from. */
export function connectEngine(): Bridge {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/engine`
  return new Bridge({ dial: () => dialSocket(() => new WebSocket(url)) })
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

import { enginePortMessage, type Desktop } from '#common/contract/desktop.ts'
import { portLink } from '#common/contract/links/port.ts'
import type { Link } from '#common/contract/rpc.ts'

/** Makes links to the engine of the desktop program, over ports that it hands to this page. */
export function portDialler(desktop: Desktop): () => Promise<Link> {
  let current: Link | undefined
  desktop.onEngineLost(() => current?.close())
  return async () => {
    const arrived = nextPort()
    await desktop.connect()
    current = portLink(await arrived)
    return current
  }
}

function nextPort(): Promise<MessagePort> {
  return new Promise((resolve) => {
    const take = ({ source, origin, data, ports: [port] }: MessageEvent): void => {
      if (source !== window || origin !== location.origin || data !== enginePortMessage || !port) return
      window.removeEventListener('message', take)
      resolve(port)
    }
    window.addEventListener('message', take)
  })
}

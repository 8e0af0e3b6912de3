import type { IpcMainEvent, IpcMainInvokeEvent, Session, WebContents } from 'electron'
import { appOrigin } from './protocol.ts'

/** Nothing that a page asks its browser for is granted, and nothing is loaded from anywhere but the program. */
export function lockSession(session: Session): void {
  session.setPermissionRequestHandler((_, __, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !isOwn(url) }))
}

/** The page stays where it is, opens no windows, and shows no other pages in itself. */
export function lockPage(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

/** Whether a message came from our own page, as a whole window and not as a frame in it. */
export function isOwnSender({ senderFrame, sender }: IpcMainEvent | IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame === sender.mainFrame && senderFrame.url.startsWith(`${appOrigin}/`)
}

function isOwn(url: string): boolean {
  return url.startsWith(`${appOrigin}/`) || /^(blob|data|devtools|chrome-extension):/.test(url)
}

import type { Page, WebSocketRoute } from '@playwright/test'

/** The link of a page to its engine, in the hands of a test: the engine itself lives on. */
export interface DroppableLink {
  /** Closes it, and lets none in until `restore`. */
  drop(): Promise<void>
  /** What the engine sends from now on is lost, until the link is dropped: answers never come. */
  loseAnswers(): void
  restore(): void
}

/** To be asked for before the page is opened. */
export async function makeDroppable(page: Page): Promise<DroppableLink> {
  let current: WebSocketRoute | null = null
  let isDropped = false
  let areAnswersLost = false
  await page.routeWebSocket(/\/engine$/, (socket) => {
    if (isDropped) {
      void socket.close()
      return
    }
    current = socket
    const server = socket.connectToServer()
    server.onMessage((message) => {
      if (!areAnswersLost) socket.send(message)
    })
  })
  return {
    async drop() {
      isDropped = true
      areAnswersLost = false
      await current?.close()
    },
    loseAnswers: () => (areAnswersLost = true),
    restore: () => (isDropped = false),
  }
}

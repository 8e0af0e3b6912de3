import type { Browser, BrowserContextOptions, Page } from '@playwright/test'
import { afterAll, describe } from 'vitest'
import { chromiumPath, startChromium } from './chromium.ts'

/** Like `describe`, where there is a browser; says in one line where there is none. */
export const describeInBrowser = chromiumPath === undefined ? skipWithoutBrowser : describe

function skipWithoutBrowser(name: string, tests: () => void): void {
  describe.skip(`${name} (skipped: no Chromium was found; OBALEX_CHROMIUM may name one)`, tests)
}

/** A real, headless Chromium for all tests of a file. */
export function useBrowser(): { readonly newPage: (options?: BrowserContextOptions) => Promise<Page> } {
  let browser: Promise<Browser> | undefined
  afterAll(async () => (await browser)?.close())
  return {
    newPage: async (options = {}) => {
      browser ??= startChromium()
      const context = await (await browser).newContext({ viewport: { width: 1600, height: 1000 }, ...options })
      return context.newPage()
    },
  }
}

import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from '@playwright/test'
import { afterAll, describe } from 'vitest'

const places = [
  process.env['OBALEX_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The program of a Chromium on this machine; `OBALEX_CHROMIUM` names another one. */
const program = places.find((place) => place !== undefined && place !== '' && existsSync(place))

/** Like `describe`, where there is a browser; says in one line where there is none. */
export const describeInBrowser = program === undefined ? skipWithoutBrowser : describe

function skipWithoutBrowser(name: string, tests: () => void): void {
  describe.skip(`${name} (skipped: no Chromium was found; OBALEX_CHROMIUM may name one)`, tests)
}

/** A real, headless Chromium for all tests of a file. */
export function useBrowser(): { readonly newPage: (options?: BrowserContextOptions) => Promise<Page> } {
  let browser: Promise<Browser> | undefined
  afterAll(async () => (await browser)?.close())
  return {
    newPage: async (options = {}) => {
      // as root, and in containers, Chromium cannot make its sandbox
      browser ??= chromium.launch({ executablePath: program!, args: ['--no-sandbox'] })
      const context = await (await browser).newContext({ viewport: { width: 1600, height: 1000 }, ...options })
      return context.newPage()
    },
  }
}

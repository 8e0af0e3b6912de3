import { existsSync } from 'node:fs'
import { chromium, type Browser } from '@playwright/test'

const places = [
  process.env['OBALEX_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The program of a Chromium on this machine; `OBALEX_CHROMIUM` names another one. */
export const chromiumPath = places.find((place) => place !== undefined && place !== '' && existsSync(place))

/** A real, headless Chromium; there must be one. */
export function startChromium(): Promise<Browser> {
  // as root, and in containers, Chromium cannot make its sandbox
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] })
}

import { _electron, expect, type ElectronApplication, type Page } from '@playwright/test'
import { describe, onTestFinished } from 'vitest'
import { chromiumPath } from '../builders/chromium.ts'
import { useBrowser } from '../builders/browser.ts'
import { electronFor, electronProblem, readyProgram } from '../builders/electron-program.ts'
import { useDisplay } from '../builders/electron.ts'
import { temporaryFolder } from '../builders/temporary-folder.ts'
import { childOf, gone } from '../builders/processes.ts'
import { serve, stopServer } from './workstation.ts'

interface OpenOptions {
  /** the user's folder: what is remembered from one start to the next */
  readonly home: string
  readonly width?: number
  readonly height?: number
  /** of the page's own settings */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** A running workstation with its first window. */
interface Workstation {
  readonly page: Page
  /** what went wrong in the page so far, as its console and its errors tell it */
  readonly troubles: readonly string[]
  /** process id of the engine: the server's own in a browser */
  enginePid(): number
  computePid(): Promise<number | undefined>
  /** A second window on the same engine. */
  openWindow(): Promise<Page>
  /** Ends the program in order. */
  close(): Promise<void>
}

/** One of the two ways to have the workstation in a window. */
export interface WindowHost {
  readonly kind: 'browser' | 'desktop'
  /**
   * Starts the workstation; it is gone when the running test has ended.
   * @param project to begin with; null: the one of last time, if there is one
   */
  start(project: string | null, options: OpenOptions): Promise<Workstation>
}

/**
 * Runs the same scenarios in a browser over `obalex serve` and in a window of Electron; says in one line where one of
 * them is not to be had.
 */
export function describeInEachHost(name: string, scenarios: (host: WindowHost) => void): void {
  const inBrowser = `${name} in a browser`
  const inElectron = `${name} in the desktop window`
  if (chromiumPath === undefined) {
    describe.skip(`${inBrowser} (skipped: no Chromium was found; OBALEX_CHROMIUM may name one)`, () => {
      scenarios(useBrowserHost())
    })
  } else describe(inBrowser, () => scenarios(useBrowserHost()))
  if (electronProblem !== null) {
    describe.skip(`${inElectron} (skipped: ${electronProblem})`, () => scenarios(useDesktopHost()))
  } else describe(inElectron, () => scenarios(useDesktopHost()))
}

const size = { width: 1600, height: 1000 }

/** Puts a person's choices into the storage of the page, as an earlier visit left them. */
function keepSettings(settings: Readonly<Record<string, unknown>>): void {
  const kept = JSON.parse(localStorage.getItem('obalex.settings') ?? '{}') as object
  localStorage.setItem('obalex.settings', JSON.stringify({ ...kept, ...settings }))
}

function useBrowserHost(): WindowHost {
  const { newPage } = useBrowser()
  return {
    kind: 'browser',
    async start(project, { home, settings = {}, ...viewport }) {
      const server = await serve(project, { home })
      const open = async (): Promise<Page> => {
        const page = await newPage({ viewport: { ...size, ...viewport } })
        await page.addInitScript(keepSettings, settings)
        await page.goto(server.url)
        return page
      }
      const page = await open()
      return {
        page,
        troubles: listenToTroubles(page),
        enginePid: () => server.pid,
        computePid: () => Promise.resolve(childOf(server.pid, 'compute-process')),
        openWindow: open,
        close: () => stopServer(server),
      }
    },
  }
}

interface DesktopHost extends WindowHost {
  start(...request: Parameters<WindowHost['start']>): Promise<Workstation & { readonly app: ElectronApplication }>
}

/** The desktop program of this checkout, in a real Electron. */
export function useDesktopHost(): DesktopHost {
  const display = useDisplay()
  return {
    kind: 'desktop',
    async start(project, { home, settings = {}, ...viewport }) {
      const { path, args } = electronFor(await readyProgram(), temporaryFolder())
      const app = await _electron.launch({
        executablePath: path,
        // as root, and in containers, Chromium cannot make its sandbox
        args: ['--no-sandbox', ...args, ...(project === null ? [] : [project])],
        env: {
          ...(process.env as Record<string, string>),
          ...(await display()),
          OBALEX_HOME: home,
          OBALEX_ENGINE_NODE: process.execPath,
        },
      })
      const main = app.process()
      onTestFinished(async () => {
        if (main.exitCode !== null || main.signalCode !== null) return
        main.kill('SIGKILL')
        await gone(main.pid!)
      })
      const page = await app.firstWindow()
      const found = listenToTroubles(page)
      await resize(app, { ...size, ...viewport })
      if (Object.keys(settings).length > 0) {
        // the project is one of last time after that
        if (project !== null) await expect(page.locator('header').getByText('Review')).toBeEnabled()
        await page.evaluate(keepSettings, settings)
        await page.reload()
      }
      return {
        app,
        page,
        troubles: found,
        enginePid: () => childOf(main.pid!, 'engine-process')!,
        computePid: () =>
          app.evaluate(
            ({ app: running }) => running.getAppMetrics().find(({ name }) => name === 'ObAlEx compute')?.pid,
          ),
        openWindow: async () => {
          const [window] = await Promise.all([app.waitForEvent('window'), page.keyboard.press('Control+Shift+N')])
          return window
        },
        close: () => app.close(),
      }
    },
  }
}

/** Sizes of pages, without the frame and the menus around them. */
async function resize(app: ElectronApplication, { width, height }: typeof size): Promise<void> {
  await app.evaluate(
    ({ BrowserWindow }, content) => {
      for (const window of BrowserWindow.getAllWindows()) window.setContentSize(content.width, content.height)
    },
    { width, height },
  )
}

function listenToTroubles(page: Page): readonly string[] {
  const found: string[] = []
  page.on('pageerror', ({ message }) => found.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(message.text())
  })
  return found
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { beforeAll, it } from 'vitest'
import { electronFor, readyProgram } from '../builders/electron-program.ts'
import { describeInElectron, useDisplay } from '../builders/electron.ts'
import { gone, isAlive } from '../builders/processes.ts'
import { obalexJson } from '../main/cli/run-cli.ts'
import { folderIn, useFolder } from '../main/engine/engine-tools.ts'
import { useDesktopHost } from './hosts.ts'
import { makeScoredProject, openWorkspace, ReviewPage } from './workstation.ts'

const root = useFolder()
const host = useDesktopHost()
const display = useDisplay()
const patience = 240_000

describeInElectron('the desktop program', () => {
  let project: string

  beforeAll(async () => {
    project = await makeScoredProject(folderIn(root), 4)
  }, patience)

  it(
    'gives its page nothing but the bridge, and lets it go nowhere',
    async () => {
      const { page, app } = await host.start(project, { home: folderIn(root) })
      await expect(page.locator('header').getByText('Review')).toBeEnabled()
      await openWorkspace(page, 'Images')
      const picture = (await page.getByRole('listbox').locator('img').first().getAttribute('src'))!
      const seen = await page.evaluate(async (picture) => {
        const violations: string[] = []
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
          violations.push(effectiveDirective)
        })
        const script = document.createElement('script')
        script.textContent = 'document.title = "taken over"'
        document.body.append(script)
        const frame = document.createElement('iframe')
        frame.src = 'https://example.org'
        document.body.append(frame)
        const statusOf = (url: string): Promise<number | 'refused'> =>
          fetch(url).then(
            ({ status }) => status,
            () => 'refused' as const,
          )
        const answers = {
          'another site': await statusOf('https://example.org'),
          'a file of the machine': await statusOf('file:///etc/passwd'),
          'a file beside the page': await statusOf('app://obalex/..%2f..%2fpackage.json'),
          'another host of the scheme': await statusOf('app://elsewhere/index.html'),
          'a picture by path': await statusOf('app://obalex/project/1/image/%2fetc%2fpasswd/thumbnail/64'),
          'a picture of no project': await statusOf('app://obalex/project/99/image/1/thumbnail/64'),
          'a picture': await statusOf(picture),
        }
        return {
          title: document.title,
          violations,
          answers,
          opened: window.open('https://example.org') === null,
          notifications: await Notification.requestPermission(),
          node: ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in window),
        }
      }, picture)
      expect(seen).toEqual({
        title: 'ObAlEx Workstation',
        violations: expect.arrayContaining(['script-src-elem', 'frame-src', 'connect-src']) as string[],
        answers: {
          'another site': 'refused',
          'a file of the machine': 'refused',
          'a file beside the page': 404,
          'another host of the scheme': 'refused',
          'a picture by path': 400,
          'a picture of no project': 404,
          'a picture': 200,
        },
        opened: true,
        notifications: 'denied',
        node: [],
      })

      // a page that is not ours, but has our preload script
      const preload = join(await readyProgram(), 'out/preload/index.cjs')
      const foreign = await app.evaluate(async ({ BrowserWindow }, path) => {
        const window = new BrowserWindow({ show: false, webPreferences: { preload: path, sandbox: true } })
        await window.loadURL('data:text/html,<title>elsewhere</title>')
        return window.webContents.executeJavaScript(
          'desktop.connect().then(() => "connected", ({ message }) => message)',
        ) as Promise<string>
      }, preload)
      expect(foreign).toContain('not for you')

      // last, because the test's own view of the page waits for a navigation that never comes
      const stayed = await app.evaluate(async ({ BrowserWindow }) => {
        const { webContents } = BrowserWindow.getAllWindows().find((window) => window.isVisible())!
        await webContents.executeJavaScript('void (location.href = "https://example.org")')
        await webContents.executeJavaScript('new Promise((resolve) => setTimeout(resolve, 300))')
        return webContents.getURL()
      })
      expect(stayed).toMatch(/^app:\/\/obalex\//)
    },
    patience,
  )

  it(
    'has an entry in its menus for every command, which is enabled where the command is',
    async () => {
      const { page, app } = await host.start(project, { home: folderIn(root) })
      await expect(page.locator('header').getByText('Review')).toBeEnabled()
      const enabled = (): Promise<Record<string, boolean>> =>
        app.evaluate(({ Menu }) =>
          Object.fromEntries(
            Menu.getApplicationMenu()!.items.flatMap(({ submenu }) =>
              (submenu?.items ?? []).map((item) => [item.label, item.enabled]),
            ),
          ),
        )
      const choose = (label: string): Promise<void> =>
        app.evaluate(({ Menu }, name) => {
          for (const { submenu } of Menu.getApplicationMenu()!.items) {
            submenu?.items.find((item) => item.label === name)?.click()
          }
        }, label)

      await expect.poll(async () => (await enabled())['Close project']).toBe(true)
      expect((await enabled())['Undo stroke']).toBe(false)
      await page.keyboard.press('F1')
      const sheet = page.getByRole('dialog')
      await sheet.waitFor()
      expect(Object.keys(await enabled())).toEqual(
        expect.arrayContaining(['Accept', 'Brush', 'Heat map on or off', 'Review', 'Open project…', 'Keyboard sheet']),
      )
      await page.keyboard.press('Escape')
      await choose('Theme: light')
      await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
      await choose('Close project')
      await expect.poll(async () => (await enabled())['Close project']).toBe(false)
    },
    patience,
  )

  it(
    'starts a new engine when the engine is killed in the middle of a stroke, and loses nothing',
    async () => {
      const workstation = await host.start(project, { home: folderIn(root) })
      const { page } = workstation
      const review = new ReviewPage(page)
      await review.openFirst()
      await page.keyboard.press('b')
      await review.paint([0.4, 0.4], [0.5, 0.45])
      await expect(review.journal).toContainText('1 stroke, kept')

      const box = (await review.canvas.boundingBox())!
      const at = (x: number, y: number): [number, number] => [box.x + x * box.width, box.y + y * box.height]
      await page.mouse.move(...at(0.42, 0.15))
      await page.mouse.down()
      await page.mouse.move(...at(0.45, 0.15), { steps: 4 })
      const engine = workstation.enginePid()
      process.kill(engine, 'SIGKILL')
      await gone(engine)
      await page.mouse.move(...at(0.5, 0.15), { steps: 4 })
      await page.mouse.up()
      await expect(review.journal).toContainText('2 strokes, kept', { timeout: 15_000 })
      const painted = await review.scores()
      expect(workstation.enginePid()).not.toBe(engine)
      await workstation.close()

      const again = await host.start(project, { home: folderIn(root) })
      const reviewAgain = new ReviewPage(again.page)
      await reviewAgain.openFirst()
      await expect(reviewAgain.journal).toContainText('2 strokes, kept')
      await expect.poll(() => reviewAgain.scores()).toEqual(painted)
      await again.close()
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true })
    },
    patience,
  )

  it(
    'runs once: a second start hands its project over and ends',
    async () => {
      const home = folderIn(root)
      const { page } = await host.start(null, { home })
      await page.getByText('No project open').first().waitFor()
      const { path, args } = electronFor(await readyProgram(), folderIn(root))
      const second = spawn(path, ['--no-sandbox', ...args, project], {
        env: { ...process.env, ...(await display()), OBALEX_HOME: home },
        stdio: 'ignore',
      })
      const [status] = (await once(second, 'exit')) as [number]
      expect(status).toBe(0)
      await expect(page.locator('header').getByText('Review')).toBeEnabled()
      expect(await page.title()).toBe('ObAlEx Workstation')
    },
    patience,
  )

  it(
    'opens where the system’s dialog leads, and comes back as large as it was left',
    async () => {
      const home = folderIn(root)
      const first = await host.start(null, { home, width: 1300, height: 820 })
      await first.app.evaluate(({ dialog }, chosen) => {
        // the one thing here that is the system's own
        dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] })
      }, project)
      await first.page.getByText('No project open').first().waitFor()
      await first.page.keyboard.press('Control+o')
      await expect(first.page.locator('header').getByText('Review')).toBeEnabled()
      const titles = (): Promise<string[]> =>
        first.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.getTitle()))
      await expect.poll(titles).toEqual(['e2e.obalex — ObAlEx Workstation'])
      await first.close()
      const kept = JSON.parse(readFileSync(join(home, 'window.json'), 'utf8')) as { width: number }
      expect(kept.width).toBeGreaterThanOrEqual(1300)

      const again = await host.start(null, { home, width: kept.width })
      // the project of last time, without being asked
      await expect(again.page.locator('header').getByText('Review')).toBeEnabled()
    },
    patience,
  )

  it(
    'opens a project that is dropped on its window',
    async () => {
      const { page } = await host.start(null, { home: folderIn(root) })
      await page.getByText('No project open').first().waitFor()
      // a file of the disk, as the system hands it over: one that a page makes has no path
      await page.evaluate(() => document.body.append(Object.assign(document.createElement('input'), { type: 'file' })))
      await page.locator('input[type=file]').setInputFiles(project)
      await page.evaluate(() => {
        const dropped = new DataTransfer()
        dropped.items.add(document.querySelector<HTMLInputElement>('input[type=file]')!.files![0]!)
        document.querySelector('header')!.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true }))
      })
      await expect(page.locator('header').getByText('Review')).toBeEnabled()
    },
    patience,
  )

  it(
    'leaves no process behind when its window is closed in the middle of a stroke',
    async () => {
      const workstation = await host.start(project, { home: folderIn(root) })
      const { page, app } = workstation
      const review = new ReviewPage(page)
      await review.openFirst()
      await page.keyboard.press('b')
      const box = (await review.canvas.boundingBox())!
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2, { steps: 4 })
      const engine = workstation.enginePid()
      const main = app.process().pid!
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
      await gone(main, 20_000)
      expect(isAlive(engine)).toBe(false)
      expect(await obalexJson(['verify', project])).toMatchObject({ ok: true })
    },
    patience,
  )
})

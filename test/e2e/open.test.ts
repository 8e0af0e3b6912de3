import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { electronFor, readyProgram } from '../builders/electron-program.ts'
import { describeInElectron, useDisplay } from '../builders/electron.ts'
import { installed } from '../builders/obalex-process.ts'
import { descendantsOf, gone, until } from '../builders/processes.ts'
import { temporaryFolder } from '../builders/temporary-folder.ts'
import { describeInTerminal, startInTerminal } from '../builders/terminal.ts'
import { obalexJson } from '../main/cli/run-cli.ts'

const patience = 120_000

describeInTerminal('obalex open at a terminal', () => {
  const display = useDisplay()

  describeInElectron('with a display and Electron', () => {
    it(
      'opens the project in a window; Ctrl+C ends all of it in order',
      async () => {
        const folder = temporaryFolder()
        const [home, project] = [join(folder, 'home'), join(folder, 'pets.obalex')]
        await obalexJson(['project', 'create', project])
        const program = await readyProgram()
        const terminal = startInTerminal([...installed(), 'open', project], {
          cwd: program,
          env: {
            ...(await display()),
            ELECTRON_OVERRIDE_DIST_PATH: dirname(electronFor(program, folder).path),
            OBALEX_HOME: home,
          },
        })
        await terminal.waitFor(/The workstation is open\. .*Ctrl\+C/, 60_000)
        // the page has asked its engine for the project
        const recent = join(home, 'recent.json')
        await until(() => existsSync(recent) && readFileSync(recent, 'utf8').includes('pets.obalex'), {
          what: 'the project to be open in the window',
        })
        const started = descendantsOf(terminal.pid)
        // the command, Electron with its helpers, the engine
        expect(started.length).toBeGreaterThan(4)

        terminal.pressCtrlC()
        expect(await terminal.ended, terminal.shown()).toBe(0)
        for (const pid of started) await gone(pid)
        expect(existsSync(`${project}-wal`)).toBe(false)
        expect(await obalexJson(['verify', project])).toMatchObject({ ok: true, writer: null })
      },
      patience,
    )
  })

  it(
    'serves it to a browser where there is no display',
    async () => {
      const folder = temporaryFolder()
      const terminal = startInTerminal([...installed(), 'open'], {
        cwd: folder,
        env: { OBALEX_HOME: join(folder, 'home') },
      })
      await terminal.waitFor(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S+\s+Ctrl\+C stops it\./, 60_000)
      terminal.pressCtrlC()
      expect(await terminal.ended, terminal.shown()).toBe(0)
    },
    patience,
  )
})

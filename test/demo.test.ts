import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sampleMethods } from '#common/contract/procedures/sample.ts'
import { installed, startObalex } from './builders/obalex-process.ts'
import { descendantsOf, gone, until } from './builders/processes.ts'
import { describeInTerminal, startInTerminal } from './builders/terminal.ts'
import { useFolder } from './main/engine/engine-tools.ts'

/** What `obalex demo --json` prints. */
interface Demo {
  readonly project: string
  readonly report: { readonly html: string; readonly json: string }
  readonly results: readonly {
    readonly model: string
    readonly method: string
    readonly accuracy: number
    readonly avgObalex: number
    readonly interval: readonly [number, number]
    readonly n: number
  }[]
  readonly failures: readonly unknown[]
}

const root = join(import.meta.dirname, '..')
const patience = 600_000

describe('the built-in sample', () => {
  const folder = join(useFolder(), 'sample')

  it(
    'tells two classifiers of equal accuracy apart by every method it runs, also after it was stopped on the way',
    async () => {
      const args = ['demo', '--dir', folder, '--headless']
      await interruptInRun(args)
      const { status, stdout, stderr } = await startObalex([...args, '--json'], { command: installed() }).ended
      expect({ status, stderr }).toMatchObject({ status: 0 })
      const demo = JSON.parse(stdout) as Demo
      expect(demo.failures).toEqual([])
      expect(demo.results.map(({ model, method }) => `${model} ${method}`).sort()).toEqual(
        ['sample-fair', 'sample-shortcut']
          .flatMap((model) => sampleMethods.map((method) => `${model} ${method}`))
          .sort(),
      )
      for (const method of sampleMethods) {
        const [shortcut, fair] = ['sample-shortcut', 'sample-fair'].map((model) =>
          demo.results.find((row) => row.model === model && row.method === method),
        )
        // as often right …
        expect(Math.abs(shortcut!.accuracy - fair!.accuracy)).toBeLessThanOrEqual(0.02)
        expect(fair!.accuracy).toBeGreaterThan(0.9)
        // … but not for the same reasons
        expect(shortcut!.interval[1]).toBeLessThan(fair!.interval[0])
        expect(fair!.n + shortcut!.n).toBeGreaterThan(250)
      }
      expect(statSync(demo.report.html).size).toBeLessThan(5e6)
      expect(readFileSync(demo.report.html, 'utf8')).toContain('sample-shortcut')
      expect(JSON.parse(readFileSync(demo.report.json, 'utf8'))).toHaveProperty('results')

      const verified = await startObalex(['verify', demo.project, '--json'], { command: installed() }).ended
      expect(verified.status).toBe(0)
      expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true })
    },
    patience,
  )

  describeInTerminal('npm start at a terminal without a display', () => {
    it(
      'prints table, report and the address of the workstation, which it serves until Ctrl+C',
      async () => {
        const home = join(folder, '../home')
        const terminal = startInTerminal(['npm', 'start', '--', '--dir', folder], {
          cwd: root,
          // dash, which npm would take on Debian, says 130 whatever the command that took Ctrl+C ended with
          env: { OBALEX_HOME: home, npm_config_script_shell: 'bash' },
        })
        const [, address] = await terminal.waitFor(/(http:\S+)\s+Ctrl\+C stops it\./, patience)
        const before = terminal.shown().split(address!)[0]
        expect(before).toMatch(/AvgObAlEx[^]*sample-shortcut[^]*sample-fair[^]*Report: .*report\.html/)
        expect(before).toMatch(/\[#+-*\] [\w-]+: \d+ of \d+ \(\d+ %\)/)
        expect((await fetch(address!, { redirect: 'manual' })).status).toBe(303) // lets a browser in

        const started = descendantsOf(terminal.pid)
        terminal.pressCtrlC()
        expect(await terminal.ended, terminal.shown()).toBe(0)
        for (const pid of started) await gone(pid)
        expect(existsSync(join(folder, 'sample.obalex-wal'))).toBe(false)
      },
      patience,
    )
  })
})

/** Starts the demo and stops it, as Ctrl+C does, when it has scored something. */
async function interruptInRun(args: readonly string[]): Promise<void> {
  const { child, ended } = startObalex(args, { command: installed() })
  let said = ''
  child.stderr!.on('data', (text: string) => (said += text))
  await until(() => /^sample-\w+: [1-9]/m.test(said) || child.exitCode !== null, {
    what: 'the run to score its first images',
    timeoutMs: patience,
  })
  child.kill('SIGINT')
  const { status } = await ended
  expect(status).toBe(130)
  expect(existsSync(join(args[2]!, 'sample.obalex'))).toBe(true)
}

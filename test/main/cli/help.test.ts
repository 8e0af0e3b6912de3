import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { commandName } from '#main/cli/command.ts'
import { createProgram } from '#main/cli/program.ts'

const program = createProgram('1.2.3', {
  run: () => Promise.resolve(),
  writeHelp: () => undefined,
  writeHelpAsError: () => undefined,
})

function withChildren(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withChildren)]
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 })
  command.outputHelp()
  return text
}

const commands = withChildren(program)
const leaves = commands.filter(({ commands: children }) => children.length === 0)

describe('help', () => {
  it.each(commands.map((command) => [commandName(command), command] as const))('of %s', (_, command) => {
    expect(helpOf(command)).toMatchSnapshot()
  })

  it.each(leaves.map((command) => [commandName(command), command] as const))(
    'of %s shows an example and the options that all have',
    (name, command) => {
      expect(helpOf(command)).toMatch(new RegExp(`Examples?:\n  ${name} `.trimEnd()))
      expect(command.options.map(({ long }) => long)).toEqual(expect.arrayContaining(['--json', '--quiet']))
      expect(command.summary() || command.description()).not.toBe('')
    },
  )

  it('knows the commands of this release and no other', () => {
    expect(leaves.map(commandName).sort()).toEqual(
      [
        'backup',
        'bench',
        'classes',
        'classify',
        'demo',
        'detect',
        'doctor',
        'explain',
        'export',
        'import',
        'instances',
        'mask convert',
        'mask info',
        'mask iou',
        'models add',
        'models download',
        'models list',
        'models remove',
        'open',
        'project create',
        'project info',
        'report',
        'run',
        'sanity',
        'score',
        'scores',
        'serve',
        'undo-import',
        'verify',
      ].map((name) => `obalex ${name}`),
    )
  })
})

import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { installed, machineNode, startObalex } from '../../builders/obalex-process.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { obalex } from './run-cli.ts'

describe('usage', () => {
  it.each([
    ['an unknown command', ['paint'], /unknown command 'paint'/],
    ['an unknown option', ['mask', 'info', 'x', '--jsno'], /unknown option '--jsno' \(Did you mean --json\?\)/],
    ['a missing option', ['score', '--map', 'x'], /--mask <file>/],
    ['a missing argument', ['mask', 'info'], /missing required argument 'mask'/],
    ['too many arguments', ['project', 'info', 'a', 'b'], /too many arguments/],
    [
      'another word than those there are',
      ['score', '--map', 'x', '--mask', 'y', '--variant', 'new'],
      /standard, paper/,
    ],
    ['a number that is none', ['mask', 'iou', 'a', 'b', '--boundary', 'wide'], /not a number/],
    ['a number out of bounds', ['run', 'p', '--models', 'm', '--methods', 'gradcam', '--limit', '0'], />=1/],
    ['two forms of output', ['scores', 'p', '--json', '--csv'], /cannot be used with/],
    ['a method that there is not', ['explain', 'x', '--model', 'm', '--method', 'magic'], /occlusion, lime, gradcam/],
  ])('%s ends with 2 and one line that says where the help is', async (_, args, line) => {
    const { status, stdout, stderr } = await obalex(args)
    expect(stderr).toMatch(/^obalex: [^\n]+ — See “obalex[a-z ]* --help”\.\n$/)
    expect(stderr).toMatch(line)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })

  it('a group without a command prints its help as an error', async () => {
    const { status, stdout, stderr } = await obalex(['mask'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^Usage: obalex mask/)
    expect(stderr).not.toContain('obalex: ')
  })

  it('help and version are data', async () => {
    expect(await obalex(['--help'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Usage: /) as string,
    })
    expect(await obalex(['help', 'score'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: obalex score/) as string,
    })
    expect(await obalex(['--version'])).toEqual({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    })
  })
})

const node = machineNode()

describe.skipIf(node === undefined)('the installed command', () => {
  it('runs the program by its own Node, whatever the Node of the machine is, and hands its status on', async () => {
    const command = installed(node)
    const version = spawnSync(node!, ['--version'], { encoding: 'utf8' }).stdout.trim()
    const options = { command, cwd: temporaryFolder() }
    const missing = await startObalex(['mask', 'info', 'nothing.png'], options).ended
    expect(missing, version).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('nothing.png') as string,
    })
    expect((await startObalex(['paint'], options).ended).status).toBe(2)
  })
})

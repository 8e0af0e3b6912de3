import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { RuntimeReport } from '#common/contract/procedures/models.ts'
import { buildNativeTensorFlow, type NativeBuildOptions } from '#main/tensor/native/build-native.ts'
import { addonVersion, buildsFolder, readCurrentBuild, useBuild } from '#main/tensor/native/current-build.ts'
import { buildFailure, downloadFailure } from '#main/tensor/native/failures.ts'
import { clearBroken, markLoading, noteEnd, whyBroken } from '#main/tensor/native/load-mark.ts'
import { runProgram } from '#main/tensor/native/run-program.ts'
import { nvidiaWheels, tensorFlowWheel } from '#main/tensor/native/wheels.ts'
import { describeWithBuildTools, findProgram, realPython } from '../../builders/build-tools.ts'
import { descendantsOf, gone, until } from '../../builders/processes.ts'
import { silentServer } from '../../builders/silent-server.ts'
import { canMount, smallDisk } from '../../builders/small-disk.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const works: RuntimeReport = {
  id: 'tensorflow',
  label: 'TensorFlow native',
  isUsable: true,
  reason: 'works, 100 GFLOP/s',
  selfTestError: 0,
  gflops: 100,
}

/** Asks for a build with what a test does not care about. */
function build(options: Partial<NativeBuildOptions>): ReturnType<typeof buildNativeTensorFlow> {
  return buildNativeTensorFlow({
    version: '2.15.1',
    gpu: false,
    force: false,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    probe: () => Promise.resolve(works),
    ...options,
  })
}

/** What a promise is refused with. */
async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  return promise.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => error as AppError,
  )
}

/** An environment whose search path has these programs only. */
function withOnly(...programs: (string | null | undefined)[]): NodeJS.ProcessEnv {
  const folder = temporaryFolder()
  for (const program of programs) {
    if (!program) continue
    symlinkSync(program, join(folder, program === realPython ? 'python3' : program.split('/').at(-1)!))
  }
  // a virtual environment is known by where its program lies, which a link would hide
  return { HOME: folder, PATH: folder }
}

const npm = [process.execPath, findProgram('npm')] as const

describe('a build that cannot even begin says so', () => {
  it.runIf(process.platform === 'linux')('without Python', async () => {
    const builds = temporaryFolder()
    const error = await errorOf(build({ builds, env: withOnly(...npm) }))
    expect(error).toMatchObject({ code: 'runtime.tool-missing', data: { tool: 'Python 3.8 or newer' } })
    expect(error.hint).toContain('apt install python3-pip')
    expect(readdirSync(builds)).toEqual([])
  })

  it('without a folder that can be written', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    expect((await errorOf(build({ builds: join(file, 'builds') }))).code).toBe('file.unwritable')
  })
})

describeWithBuildTools('a build that lacks something says what, and what to do, before it downloads anything', () => {
  it('without pip', async () => {
    const bare = join(temporaryFolder(), 'bare')
    execFileSync(realPython!, ['-m', 'venv', '--without-pip', bare])
    const builds = temporaryFolder()
    const error = await errorOf(build({ builds, env: { PATH: join(bare, 'bin') } }))
    expect(error).toMatchObject({ code: 'runtime.tool-missing', data: { tool: 'pip, Python’s installer,' } })
    expect(readdirSync(builds)).toEqual([])
  })

  it('without npm', async () => {
    const error = await errorOf(build({ builds: temporaryFolder(), env: withOnly(realPython) }))
    expect(error).toMatchObject({ code: 'runtime.tool-missing', data: { tool: 'npm' } })
  })

  it('without a compiler', async () => {
    const builds = temporaryFolder()
    const error = await errorOf(build({ builds, env: withOnly(realPython, ...npm) }))
    expect(error).toMatchObject({
      code: 'runtime.tool-missing',
      data: { tool: 'A C++ compiler (g++ or clang++)' },
    })
    expect(readdirSync(builds)).toEqual([])
  })

  it.runIf(canMount)('without room on the disk', async () => {
    const { folder } = smallDisk(4096)
    const error = await errorOf(build({ builds: join(folder, 'builds') }))
    expect(error).toMatchObject({ code: 'file.unwritable', message: expect.stringContaining('1.2 GB') as string })
    expect(readdirSync(join(folder, 'builds'))).toEqual([])
  })

  it('without a network', async () => {
    const builds = temporaryFolder()
    const nobody = 'http://127.0.0.1:9/simple'
    const env = { ...process.env, PIP_INDEX_URL: nobody, PIP_EXTRA_INDEX_URL: '', PIP_CONFIG_FILE: '/dev/null' }
    const steps: string[] = []
    const call = build({ builds, env, onProgress: ({ step }) => steps.push(step) })
    expect(await errorOf(call)).toMatchObject({
      code: 'download.failed',
      message: 'tensorflow-cpu==2.15.1 could not be downloaded: the registry cannot be reached',
    })
    expect(steps).toEqual(['looking for Python, npm and a compiler', 'downloading tensorflow-cpu==2.15.1'])
    expect(readdirSync(builds)).toEqual([])
  })
})

describeWithBuildTools('a build that is aborted', () => {
  it('ends what it started, and leaves nothing', async () => {
    const { address, asked } = await silentServer()
    const builds = temporaryFolder()
    const controller = new AbortController()
    const env = { ...process.env, PIP_INDEX_URL: `${address}/simple` }
    const call = errorOf(build({ builds, env, signal: controller.signal }))
    await asked
    const [pip] = descendantsOf(process.pid)
    controller.abort()
    expect((await call).name).toBe('AbortError')
    expect(readdirSync(builds)).toEqual([])
    await gone(pip!)
  })
})

describe('what a tool said of its failure', () => {
  it('is told apart: no network, no such version, a full disk, anything else', () => {
    const code = (output: string): string => downloadFailure('tensorflow-cpu==9.9.9', output).code
    const noVersion = 'ERROR: No matching distribution found for tensorflow-cpu==9.9.9'
    expect(code(noVersion)).toBe('runtime.unavailable')
    expect(code(`WARNING: Retrying after connection broken by 'NewConnectionError(…)'\n${noVersion}`)).toBe(
      'download.failed',
    )
    expect(code('npm error code ENOTFOUND')).toBe('download.failed')
    expect(code("ERROR: Could not install: [Errno 28] No space left on device: 'x.whl'")).toBe('file.unwritable')
    expect(downloadFailure('it', 'one\nERROR: hash mismatch\ntwo')).toMatchObject({
      code: 'download.failed',
      message: 'it could not be downloaded: ERROR: hash mismatch',
    })
    expect(buildFailure('unpacking', 'OSError: [Errno 28] No space left on device').code).toBe('file.unwritable')
    expect(buildFailure('compiling', 'tfjs_backend.cc:26: fatal error: c_api.h: No such file').message).toBe(
      'compiling failed: tfjs_backend.cc:26: fatal error: c_api.h: No such file',
    )
  })
})

describe('what is downloaded', () => {
  it('is the wheel of the system, and refused where there is none', () => {
    const wheel = (platform: NodeJS.Platform, arch: string, gpu = false): string =>
      tensorFlowWheel('2.15.1', { gpu, system: { platform, arch } }).requirement
    expect(wheel('linux', 'x64')).toBe('tensorflow-cpu==2.15.1')
    expect(wheel('linux', 'x64', true)).toBe('tensorflow==2.15.1')
    expect(wheel('darwin', 'arm64')).toBe('tensorflow-macos==2.15.1')
    for (const [platform, arch, gpu] of [
      ['win32', 'x64', false],
      ['darwin', 'arm64', true],
    ] as const) {
      expect(() => wheel(platform, arch, gpu)).toThrow(expect.objectContaining({ code: 'runtime.unavailable' }))
    }
  })

  it('are the libraries of NVIDIA that the wheel names, without TensorRT', () => {
    const metadata = [
      'Requires-Dist: numpy <2.0.0,>=1.23.5',
      "Requires-Dist: nvidia-cublas-cu12 ==12.2.5.6 ; extra == 'and-cuda'",
      'Requires-Dist: nvidia-cudnn-cu12 (<10.0,>=9.3.0) ; extra == "and-cuda"',
      "Requires-Dist: tensorrt-libs ==8.6.1 ; extra == 'and-cuda'",
    ].join('\n')
    expect(nvidiaWheels(metadata).map(({ requirement }) => requirement)).toEqual([
      'nvidia-cublas-cu12==12.2.5.6',
      'nvidia-cudnn-cu12<10.0,>=9.3.0',
    ])
  })

  it('is an addon of the same release as TensorFlow.js, whose engine it shares', () => {
    const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    expect(dependencies['@tensorflow/tfjs']).toBe(addonVersion)
  })
})

/** A build as far as its bookkeeping goes. */
async function pretendBuild(builds: string, version = '2.15.1') {
  const name = `${version}-cpu-0123abcd`
  mkdirSync(join(builds, name))
  return useBuild(builds, { name, version, gpu: false })
}

describe('the build in use', () => {
  it('is in the folder that is named, else in the user’s', () => {
    expect(buildsFolder({ OBALEX_TENSORFLOW: '/builds' })).toBe('/builds')
    expect(buildsFolder({ OBALEX_HOME: '/home/ada' })).toBe(join('/home/ada', 'tensorflow'))
  })

  it('is none where nothing was built, or what is written of it makes no sense', async () => {
    const builds = temporaryFolder()
    expect(readCurrentBuild(builds)).toBeNull()
    const made = await pretendBuild(builds)
    expect(readCurrentBuild(builds)).toEqual(made)
    rmSync(made.folder, { recursive: true })
    expect(readCurrentBuild(builds)).toBeNull()
    writeFileSync(join(builds, 'current.json'), '{ "name": "../elsewhere" }')
    expect(readCurrentBuild(builds)).toBeNull()
  })

  it('is not built a second time, but computed with again', async () => {
    const builds = temporaryFolder()
    const { folder } = await pretendBuild(builds)
    const probed: string[] = []
    const probe = (path: string): Promise<RuntimeReport> => {
      probed.push(path)
      return Promise.resolve(works)
    }
    expect(await build({ builds, probe, env: {} })).toMatchObject({ folder, isNew: false, report: works })
    expect(probed).toEqual([folder])
    const useless = { ...works, isUsable: false, reason: 'its self-test is off by 0.1' }
    const error = await errorOf(build({ builds, probe: () => Promise.resolve(useless) }))
    expect(error).toMatchObject({
      code: 'runtime.unavailable',
      message: expect.stringContaining('off by 0.1') as string,
    })
    expect(readCurrentBuild(builds)?.folder).toBe(folder)
  })

  it('is kept where another cannot be built, and what killed builds left is removed then', async () => {
    const builds = temporaryFolder()
    const { folder } = await pretendBuild(builds)
    const ended = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }))
    for (const name of [
      `building-${ended}-0123abcd`,
      `building-${process.ppid}-0123abcd`,
      '2.9.0-cpu-0123abcd',
      'mine',
    ]) {
      mkdirSync(join(builds, name))
    }
    const progress: Progress[] = []
    const env = withOnly()
    const call = build({ builds, version: '2.21.0', env, onProgress: (state) => progress.push(state) })
    expect((await errorOf(call)).code).toBe('runtime.tool-missing')
    expect(progress).toEqual([{ step: 'looking for Python, npm and a compiler', done: 0, total: 6, etaMs: null }])
    expect(readdirSync(builds).sort()).toEqual([
      '2.15.1-cpu-0123abcd',
      `building-${process.ppid}-0123abcd`,
      'current.json',
      'mine',
    ])
    expect(readCurrentBuild(builds)?.folder).toBe(folder)
  })
})

describe('a build whose process ended while it was loaded', () => {
  it('is noted with the reason, until it is tried again', async () => {
    const builds = temporaryFolder()
    const { folder } = await pretendBuild(builds)
    noteEnd(process.pid, 'it was ended by SIGKILL', builds)
    expect(whyBroken(folder)).toBeNull()
    markLoading(folder)()
    noteEnd(process.pid, 'it was ended by SIGKILL', builds)
    expect(whyBroken(folder)).toBeNull()

    markLoading(folder)
    noteEnd(process.pid, 'it was ended by SIGILL', builds)
    expect(whyBroken(folder)).toBe('it was ended by SIGILL')
    expect(readdirSync(folder)).toEqual(['broken.txt'])
    clearBroken(folder)
    expect(whyBroken(folder)).toBeNull()
  })
})

describe.runIf(process.platform !== 'win32')('a program', () => {
  it('is ended with what it started where it is not wanted any more', async () => {
    const controller = new AbortController()
    const mark = join(temporaryFolder(), 'child')
    const script = `sleep 600 & echo $! > ${mark}.part && mv ${mark}.part ${mark}; wait`
    const call = errorOf(runProgram('sh', ['-c', script], { signal: controller.signal }))
    await until(() => existsSync(mark), { what: 'the program to have started another' })
    const child = Number(readFileSync(mark, 'utf8'))
    controller.abort()
    expect((await call).name).toBe('AbortError')
    await gone(child)
  })

  it('that is not there is told apart from one that failed', async () => {
    const { signal } = new AbortController()
    expect(await runProgram('no-such-program', [], { signal })).toBeNull()
    const failed = await runProgram('sh', ['-c', 'echo said; echo wrong >&2; exit 3'], { signal })
    expect(failed?.status).toBe(3)
    expect(failed?.output.split('\n').sort()).toEqual(['', 'said', 'wrong'])
  })
})

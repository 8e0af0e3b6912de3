import { AppError } from '#common/contract/errors.ts'

/** What pip is asked for. The tags are said, so that it does not matter which Python the machine has. */
export interface WheelRequest {
  /** name==version */
  readonly requirement: string
  /** pip's names of the system, each tried */
  readonly platforms: readonly string[]
}

interface System {
  readonly platform: NodeJS.Platform
  readonly arch: string
}

/** TensorFlow's wheels with a C library in them. Those for Windows have it inside a module of Python, which needs Python. */
const packages: Readonly<
  Record<string, { readonly cpu: string; readonly gpu?: string; readonly platforms: string[] }>
> = {
  'linux x64': {
    cpu: 'tensorflow-cpu',
    gpu: 'tensorflow',
    platforms: ['manylinux_2_17_x86_64', 'manylinux_2_27_x86_64', 'manylinux_2_28_x86_64', 'manylinux2014_x86_64'],
  },
  'linux arm64': { cpu: 'tensorflow-cpu-aws', platforms: ['manylinux_2_17_aarch64', 'manylinux2014_aarch64'] },
  'darwin arm64': { cpu: 'tensorflow-macos', platforms: ['macosx_12_0_arm64'] },
  'darwin x64': { cpu: 'tensorflow', platforms: ['macosx_10_15_x86_64'] },
}

/**
 * The wheel of TensorFlow for a system.
 * @throws AppError 'runtime.unavailable' where there is none
 */
export function tensorFlowWheel(version: string, { gpu, system }: { gpu: boolean; system: System }): WheelRequest {
  const { platform, arch } = system
  const found = packages[`${platform} ${arch}`]
  if (!found) {
    throw new AppError(
      'runtime.unavailable',
      `there is no TensorFlow that could be built here (${platform}, ${arch})`,
      {
        hint: 'The other runtimes do all the same work; `obalex doctor` shows them.',
      },
    )
  }
  const name = gpu ? found.gpu : found.cpu
  if (name === undefined) {
    throw new AppError(
      'runtime.unavailable',
      `there is no TensorFlow with CUDA for this system (${platform}, ${arch})`,
      {
        hint: 'Build it without --gpu.',
      },
    )
  }
  return { requirement: `${name}==${version}`, platforms: found.platforms }
}

/**
 * NVIDIA's libraries that a wheel of TensorFlow names in its extra `and-cuda`; TensorRT, which it also names, is not
 * needed.
 * @param metadata the wheel's METADATA, e.g. with the line
 *   `Requires-Dist: nvidia-cublas-cu12 ==12.2.5.6 ; extra == 'and-cuda'`
 */
export function nvidiaWheels(metadata: string): WheelRequest[] {
  const lines = metadata.matchAll(/^Requires-Dist: (nvidia-[\w-]+)\s*\(?([^;)\n]*)\)?\s*;.*extra == ['"]and-cuda['"]/gm)
  const platforms = ['manylinux2014_x86_64', 'manylinux1_x86_64', 'manylinux_2_17_x86_64', 'manylinux_2_27_x86_64']
  return [...lines].map(([, name, versions]) => ({
    requirement: `${name!}${versions!.replaceAll(' ', '')}`,
    platforms,
  }))
}

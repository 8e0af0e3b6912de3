import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

/** A disk of a few megabytes, in memory; gone when the running test ends. */
export interface SmallDisk {
  readonly folder: string
  /** Leaves this much of it free. */
  fill(roomKib: number): void
  makeRoom(): void
  setReadOnly(): void
}

/** Whether disks can be mounted here: by root on Linux, not in every container. */
export const canMount = tryToMount()

export function smallDisk(sizeKib: number): SmallDisk {
  const folder = temporaryFolder()
  const filler = join(folder, 'filler')
  mount('-t', 'tmpfs', '-o', `size=${sizeKib}k,mode=0777`, 'tmpfs', folder)
  onTestFinished(() => unmount(folder))
  const makeRoom = (): void => rmSync(filler, { force: true })
  return {
    folder,
    makeRoom,
    fill(roomKib) {
      makeRoom()
      const { bavail, bsize } = statfsSync(folder)
      writeFileSync(filler, Buffer.alloc(bavail * bsize - roomKib * 1024))
    },
    setReadOnly: () => mount('-o', 'remount,ro', folder),
  }
}

function tryToMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function mount(...args: string[]): void {
  execFileSync('mount', args)
}

function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder])
}

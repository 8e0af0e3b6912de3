import { AppError } from '#common/contract/errors.ts'
import { tellingLine } from './run-program.ts'

const networkSigns =
  /NewConnectionError|ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|Temporary failure in name|getaddrinfo|ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|ENETUNREACH/

/** pip and npm try on and on by default; a person waits. */
export const hurried = {
  pip: ['--retries', '1', '--timeout', '20'],
  npm: ['--fetch-retries=1', '--fetch-retry-mintimeout=500', '--fetch-timeout=20000'],
} as const

/** What a download that failed means, from what pip or npm said. @param what for people */
export function downloadFailure(what: string, output: string): AppError {
  const full = diskFailure(output)
  if (full) return full
  // before the next: without a network pip also says that it found no version
  if (networkSigns.test(output)) {
    return new AppError('download.failed', `${what} could not be downloaded: the registry cannot be reached`, {
      hint: 'Check the network and the proxy, then build again. Everything but this works offline.',
    })
  }
  if (/No matching distribution found|E404/.test(output)) {
    return new AppError('runtime.unavailable', `the registry has no ${what} for this system`, {
      hint: 'Choose another with --version.',
    })
  }
  return new AppError('download.failed', `${what} could not be downloaded: ${tellingLine(output)}`, {
    hint: 'Build again; what was there before is kept.',
  })
}

/** A step that failed after everything was there. @param what for people */
export function buildFailure(what: string, output: string): AppError {
  return (
    diskFailure(output) ??
    new AppError('runtime.build-failed', `${what} failed: ${tellingLine(output)}`, {
      hint: 'What was there before is kept. Another --version may do.',
    })
  )
}

function diskFailure(output: string): AppError | null {
  if (!/No space left on device|ENOSPC|Errno 28|Disk quota exceeded/.test(output)) return null
  return new AppError('file.unwritable', 'TensorFlow cannot be unpacked: the disk is full', { hint: roomHint })
}

export const roomHint = 'Make room, or name a folder on another disk in OBALEX_TENSORFLOW, then build again.'

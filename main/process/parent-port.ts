import type { Port } from '#common/contract/links/port.ts'

/** Electron's way from a utility process to the process that forked it; messages may bring ports. */
export interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown; readonly ports: readonly Port[] }) => void): unknown
}

/** Null in a process that is no utility process. Nothing but this is taken from Electron, so that it is not imported. */
export function parentPort(): ParentPort | null {
  return (process as { readonly parentPort?: ParentPort }).parentPort ?? null
}

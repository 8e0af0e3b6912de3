import { ref, type Ref } from 'vue'
import type { PickRequest } from '#common/contract/desktop.ts'
import { useDesktop } from './desktop.ts'
import { useShell } from './shell.ts'
import { describe } from './toasts.ts'

interface PathAsking {
  /** whether a dialog of the page asks: the system's own lies over the window where there is one */
  readonly isHere: Ref<boolean>
  /** what was chosen last */
  readonly path: Ref<string>
  /** why that did not do */
  readonly error: Ref<string>
  readonly isBusy: Ref<boolean>
  /** Takes a path; where that fails, the page's dialog says why and asks again. */
  readonly submit: (chosen: string) => Promise<void>
}

/**
 * Asks for a path as long as a dialog is open: in the desktop program by the system's dialog first, in a browser, and
 * where something went wrong, by a typed path.
 * @param take closes the dialog where all is well; its error is shown
 */
export function askForPath(kind: PickRequest['kind'], take: (path: string) => Promise<void>): PathAsking {
  const desktop = useDesktop()
  const shell = useShell()
  const isHere = ref(!desktop.isHere)
  const [path, error, isBusy] = [ref(''), ref(''), ref(false)]

  async function submit(chosen: string): Promise<void> {
    path.value = chosen
    error.value = ''
    isBusy.value = true
    try {
      await take(chosen)
    } catch (cause) {
      error.value = describe(cause)
      isHere.value = true
    } finally {
      isBusy.value = false
    }
  }

  async function pick(): Promise<void> {
    const chosen = await desktop.pickPath(kind)
    if (chosen === null) shell.close()
    else await submit(chosen)
  }

  if (desktop.isHere) void pick()
  return { isHere, path, error, isBusy, submit }
}

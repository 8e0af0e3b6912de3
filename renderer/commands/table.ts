import type { InjectionKey } from 'vue'
import type { Command } from './command.ts'
import { desktopCommands } from './desktop-commands.ts'
import { explainCommands } from './explain-commands.ts'
import { reviewCommands } from './review-commands.ts'
import { shellCommands } from './shell-commands.ts'

/** Every command, in the order in which palette and sheet list them. Needs an active Pinia. */
export function createCommands(): readonly Command[] {
  return [...reviewCommands(), ...explainCommands(), ...shellCommands(), ...desktopCommands()]
}

export const commandsKey: InjectionKey<readonly Command[]> = Symbol('commands')

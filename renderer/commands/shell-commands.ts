import { text, type MessageKey } from '../messages/i18n.ts'
import { cardKey, importFormats } from '../stores/import-formats.ts'
import { useJobs } from '../stores/jobs.ts'
import { useProject } from '../stores/project.ts'
import { useSettings, type Theme } from '../stores/settings.ts'
import { useShell, workspaces, type ShellDialog, type Workspace } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'
import type { Command } from './command.ts'
import { focusRegion } from './regions.ts'

const workspaceTitles = {
  home: 'command.home',
  images: 'command.imagesView',
  review: 'command.review',
  explain: 'command.explain',
} as const satisfies Record<Workspace, MessageKey>

/** What can be done anywhere. */
export function shellCommands(): Command[] {
  return [...goCommands(), ...projectCommands(), ...windowCommands()]
}

function goCommands(): Command[] {
  const shell = useShell()
  const project = useProject()
  return workspaces.map((workspace, i) => ({
    id: `go.${workspace}`,
    title: workspaceTitles[workspace],
    group: 'go' as const,
    keys: [`Ctrl+Alt+${i + 1}`],
    isGlobal: true,
    isEnabled: () => workspace === 'home' || project.isOpen,
    run: () => shell.show(workspace),
  }))
}

function projectCommands(): Command[] {
  const jobs = useJobs()
  const shell = useShell()
  const project = useProject()
  const toasts = useToasts()
  const isEnabled = (): boolean => true
  const opener = (dialog: ShellDialog, title: MessageKey, keys: readonly string[]): Command => ({
    id: `dialog.${dialog}`,
    title,
    group: 'project',
    keys,
    isEnabled,
    run: () => shell.open(dialog),
  })
  return [
    opener('open-project', 'command.openProject', ['Ctrl+O']),
    opener('new-project', 'command.newProject', ['Ctrl+N']),
    opener('sample', 'command.sample', []),
    { ...opener('import', 'command.import', []), isEnabled: () => project.isWritable },
    ...importFormats.map(({ format, command }, i): Command => ({
      id: `import.${format}`,
      title: command,
      group: 'project',
      keys: [cardKey(i)].filter((key) => key !== null),
      // elsewhere its key is a verdict's
      isEnabled: () => project.isWritable && shell.workspace === 'home',
      run: () => shell.openImport(format),
    })),
    {
      ...opener('undo-import', 'undo.open', []),
      isEnabled: () => project.isWritable && (project.description?.nImages ?? 0) > 0,
    },
    { ...opener('run', 'run.open', []), isEnabled: () => jobs.whyNoRun === null },
    { ...opener('detect', 'detect.open', []), isEnabled: () => jobs.whyNoRun === null },
    { ...opener('classes', 'classes.open', []), isEnabled: () => project.isOpen },
    { ...opener('native', 'native.offer', []), isEnabled: () => !jobs.isBuildingNative },
    {
      id: 'project.close',
      title: 'command.closeProject',
      group: 'project',
      keys: [],
      isEnabled: () => project.isOpen,
      run: () => {
        shell.show('home')
        project.close().catch((error: unknown) => toasts.addError(text('project.notClosed'), error))
      },
    },
  ]
}

function windowCommands(): Command[] {
  const shell = useShell()
  const settings = useSettings()
  const base = { group: 'window', isEnabled: () => true } as const
  const theme = (id: Theme, title: MessageKey): Command => ({
    ...base,
    id: `theme.${id}`,
    title,
    keys: [],
    run: () => settings.set('theme', id),
  })
  return [
    {
      ...base,
      id: 'palette.open',
      title: 'command.openPalette',
      keys: ['Ctrl+K'],
      isGlobal: true,
      run: () => shell.open('palette'),
    },
    {
      ...base,
      id: 'sheet.open',
      title: 'command.sheet',
      keys: ['F1'],
      isGlobal: true,
      run: () => shell.open('keyboard'),
    },
    {
      ...base,
      id: 'region.next',
      title: 'command.nextRegion',
      keys: ['F6'],
      isGlobal: true,
      run: () => focusRegion(1),
    },
    {
      ...base,
      id: 'region.previous',
      title: 'command.previousRegion',
      keys: ['Shift+F6'],
      isGlobal: true,
      run: () => focusRegion(-1),
    },
    theme('dark', 'command.themeDark'),
    theme('light', 'command.themeLight'),
    theme('system', 'command.themeSystem'),
    { ...base, id: 'auditor.change', title: 'command.auditor', keys: [], run: () => shell.open('auditor') },
  ]
}

import { useCanvasView } from '../stores/canvas-view.ts'
import { useFlags } from '../stores/flags.ts'
import { useReview } from '../stores/review.ts'
import { useProject } from '../stores/project.ts'
import { useShell } from '../stores/shell.ts'
import { reviewReasons, verdicts } from '../stores/verdict-draft.ts'
import type { MessageKey } from '../messages/i18n.ts'
import type { Command } from './command.ts'
import { maskCommands, unfinishedCommands } from './mask-commands.ts'
import { viewCommands } from './view-commands.ts'

const verdictTitles: readonly MessageKey[] = [
  'command.accept',
  'command.minor',
  'command.reject',
  'command.cannotJudge',
]

/** What can be done with the image under review. */
export function reviewCommands(): Command[] {
  const shell = useShell()
  const review = useReview()
  const canvas = useCanvasView()
  // the palette lists what can be done behind it
  const isUncovered = (): boolean => shell.dialog === null || shell.dialog === 'palette'
  const isReviewing = (): boolean => shell.workspace === 'review' && isUncovered() && review.image !== null
  const isEnabled = (): boolean => isReviewing() && canvas.controls !== null
  const canPaint = (): boolean => isEnabled() && review.canPaint
  return [
    // Enter finishes what is being drawn before it saves a verdict
    ...unfinishedCommands(isEnabled),
    ...verdictCommands(isReviewing),
    ...queueCommands(isReviewing),
    ...maskCommands({ isEnabled, canPaint }),
    ...viewCommands(isEnabled),
  ]
}

function verdictCommands(isReviewing: () => boolean): Command[] {
  const review = useReview()
  const project = useProject()
  const canJudge = (): boolean => isReviewing() && project.isWritable
  const reasons = reviewReasons.map((reason, i) => ({
    id: `reason.${i + 1}`,
    title: 'command.reasons' as const,
    group: 'verdict' as const,
    keys: [String(i + 1)],
    isHidden: true,
    isEnabled: () => canJudge() && review.arePickingReasons,
    run: () => review.toggleReason(reason),
  }))
  const judge = verdicts.map((verdict, i) => ({
    id: `verdict.${i + 1}`,
    title: verdictTitles[i]!,
    group: 'verdict' as const,
    keys: [String(i + 1)],
    isEnabled: () => canJudge() && review.canSay(verdict),
    run: () => review.setVerdict(verdict),
  }))
  const rest = { group: 'verdict', isEnabled: canJudge } as const
  return [
    ...reasons,
    ...judge,
    { ...rest, id: 'verdict.save', title: 'command.save', keys: ['Enter'], run: () => void review.save() },
    { ...rest, id: 'verdict.reasons', title: 'command.reasons', keys: ['R'], run: () => review.requestReasons() },
    { ...rest, id: 'verdict.note', title: 'command.note', keys: ['N'], run: () => review.requestNote() },
  ]
}

function queueCommands(isReviewing: () => boolean): Command[] {
  const review = useReview()
  const shell = useShell()
  const flags = useFlags()
  const project = useProject()
  const base = { group: 'go', isEnabled: isReviewing } as const
  return [
    { ...base, id: 'queue.next', title: 'command.next', keys: ['D', 'ArrowRight'], run: () => review.move(1) },
    { ...base, id: 'queue.previous', title: 'command.previous', keys: ['A', 'ArrowLeft'], run: () => review.move(-1) },
    {
      ...base,
      id: 'queue.nextToDo',
      title: 'command.nextToDo',
      keys: ['Ctrl+Shift+D'],
      run: () => void review.moveToDo(1),
    },
    {
      ...base,
      id: 'queue.previousToDo',
      title: 'command.previousToDo',
      keys: ['Ctrl+Shift+A'],
      run: () => void review.moveToDo(-1),
    },
    {
      ...base,
      id: 'image.flag',
      title: 'canvas.flag',
      keys: ['K'],
      isEnabled: () => isReviewing() && project.isWritable,
      run: () => void flags.toggle(review.imageId),
    },
    {
      ...base,
      group: 'view',
      id: 'queue.toggle',
      title: 'command.queue',
      keys: ['Ctrl+B'],
      run: () => (shell.isQueueShown = !shell.isQueueShown),
    },
    {
      ...base,
      group: 'view',
      id: 'inspector.toggle',
      title: 'command.inspector',
      keys: ['Ctrl+Alt+B'],
      run: () => (shell.isInspectorShown = !shell.isInspectorShown),
    },
  ]
}

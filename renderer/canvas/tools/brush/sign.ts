/** Whether a stroke adds: Alt swaps what the tool does, the right button always subtracts. */
export function isAddingStroke(
  toolAdds: boolean,
  { button, isAlt }: { readonly button: number; readonly isAlt: boolean },
): boolean {
  return button === 2 ? false : toolAdds !== isAlt
}

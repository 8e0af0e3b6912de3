import type { MessageKey } from '../messages/i18n.ts'

/** What can be imported, in the order of the cards on Home; the key of a card is its place. */
export const importFormats = [
  { format: 'folder', title: 'import.folder', command: 'command.importFolder' },
  { format: 'filename', title: 'import.filename', command: 'command.importFilename' },
  { format: 'coco', title: 'import.coco', command: 'command.importCoco' },
  { format: 'coco-results', title: 'import.cocoResults', command: 'command.importCocoResults' },
  { format: 'labelme', title: 'import.labelme', command: 'command.importLabelme' },
  { format: 'maps', title: 'import.maps', command: 'command.importMaps' },
] as const satisfies readonly { readonly format: string; readonly title: MessageKey; readonly command: MessageKey }[]

export type ImportFormat = (typeof importFormats)[number]['format']

import type { MessageKey } from '../messages/i18n.ts'

/** What can be imported, in the order of the cards on Home. */
export const importFormats = [
  { format: 'folder', title: 'import.folder', command: 'command.importFolder' },
  { format: 'filename', title: 'import.filename', command: 'command.importFilename' },
  {
    format: 'coco',
    title: 'import.coco',
    command: 'command.importCoco',
    annotations: { kind: 'file', label: 'import.annotationsPath', isNeeded: true },
  },
  {
    format: 'coco-results',
    title: 'import.cocoResults',
    command: 'command.importCocoResults',
    annotations: { kind: 'file', label: 'import.annotationsPath', isNeeded: true },
  },
  { format: 'maps', title: 'import.maps', command: 'command.importMaps' },
  {
    format: 'labelme',
    title: 'import.labelme',
    command: 'command.importLabelme',
    annotations: { kind: 'folder', label: 'import.annotationsBeside', isNeeded: false },
  },
  {
    format: 'caltech101',
    title: 'import.caltech101',
    command: 'command.importCaltech101',
    annotations: { kind: 'folder', label: 'import.annotationsFolder', isNeeded: true },
  },
  {
    format: 'voc',
    title: 'import.voc',
    command: 'command.importVoc',
    annotations: { kind: 'folder', label: 'import.annotationsVoc', isNeeded: true },
  },
  {
    format: 'png',
    title: 'import.masks',
    command: 'command.importMasks',
    annotations: { kind: 'folder', label: 'import.annotationsMasks', isNeeded: true },
  },
  {
    format: 'cvat',
    title: 'import.cvat',
    command: 'command.importCvat',
    annotations: { kind: 'file', label: 'import.annotationsPath', isNeeded: true },
  },
  {
    format: 'yolo-seg',
    title: 'import.yolo',
    command: 'command.importYolo',
    annotations: { kind: 'file', label: 'import.annotationsYolo', isNeeded: true },
  },
  {
    format: 'open-images',
    title: 'import.openImages',
    command: 'command.importOpenImages',
    annotations: { kind: 'folder', label: 'import.annotationsOpenImages', isNeeded: true },
  },
] as const satisfies readonly ImportFormatFacts[]

export type ImportFormat = (typeof importFormats)[number]['format']

/** What the annotations of a format are. */
export interface AnnotationsPath {
  readonly kind: 'file' | 'folder'
  readonly label: MessageKey
  readonly isNeeded: boolean
}

interface ImportFormatFacts {
  readonly format: string
  readonly title: MessageKey
  readonly command: MessageKey
  /** Left out: it takes none. */
  readonly annotations?: AnnotationsPath
}

/** The key of a card by its place, from 0; null after the ninth. */
export function cardKey(place: number): string | null {
  return place < 9 ? String(place + 1) : null
}

/** What annotations a format takes beside the folder of photos; null: none. */
export function annotationsOf(format: string): AnnotationsPath | null {
  const facts = importFormats.find((each) => each.format === format)
  return facts !== undefined && 'annotations' in facts ? facts.annotations : null
}

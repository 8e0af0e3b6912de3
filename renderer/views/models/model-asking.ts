/** A dialog about one model of the catalogue. */
export interface ModelAsking {
  readonly kind: 'card' | 'download' | 'file' | 'remove'
  /** of the entry */
  readonly id: string
}

/**
 * Run-length code of a binary mask as COCO defines it: lengths of alternating runs of 0 and 1, starting with 0,
 * along the columns (column-major). Sum of counts = width × height.
 */
export interface Rle {
  readonly width: number
  readonly height: number
  readonly counts: Uint32Array
}

/** An 8-bit colour image: R, G, B interleaved, row-major, index `(y * width + x) * 3 + channel`. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

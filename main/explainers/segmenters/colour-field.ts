/** A photo whose pixels are points of place and colour. */
export interface ColourField {
  readonly width: number
  readonly height: number
  /** [3, height, width], Lab times a weight against place */
  readonly colours: Float64Array
  /** how far a window reaches from its centre, pixels */
  readonly radius: number
}

import type { NetworkBuilder } from '#main/tensor/network-builder.ts'

/** Share of MobileNet's channels that a narrower one has. */
export type Alpha = 0.25 | 0.5 | 0.75 | 1

/** A network as keras.applications defines it. */
export interface Architecture {
  readonly label: string
  /** pixels of the photo a cell of the last feature map */
  readonly cellSize: number
  /** Whether the head needs a feature map of one size; else the network takes photos of any. */
  readonly hasFixedSize: boolean
  /** Units of the hidden layer that ObAlEx's authors put on its feature map. */
  readonly headUnits: number
  /** Adds the layers up to the last feature map. @returns that one's node */
  features(net: NetworkBuilder, options: { readonly alpha: Alpha }): number
  /** Adds the layers from there to the probabilities of ImageNet's, or of other, classes. */
  top(net: NetworkBuilder, features: number, options: { readonly classes: number }): number
}

import type { ArchitectureName, Preprocessing } from '#common/contract/procedures/models.ts'

/** What a network of keras.applications is told by and used with. */
export interface KnownArchitecture {
  readonly label: string
  /** null: it is not built in code here */
  readonly name: ArchitectureName | null
  /** layers that tell it from all others further down the list */
  readonly has: readonly string[]
  /** its last convolutional layer; for the three of the ObAlEx paper, the one that its authors explained */
  readonly layer: string
  /** the mode of its `preprocess_input` */
  readonly preprocess: Preprocessing
}

const resnet = { layer: 'conv5_block3_out', preprocess: 'caffe' } as const

/** A network stands before those whose layers it has as well. */
const knownArchitectures: readonly KnownArchitecture[] = [
  { label: 'VGG19', name: null, has: ['block5_conv4'], layer: 'block5_conv4', preprocess: 'caffe' },
  { label: 'VGG16', name: 'vgg16', has: ['block5_conv3'], layer: 'block5_conv3', preprocess: 'caffe' },
  // the blocks of version 2 are called as those of version 1
  { label: 'ResNetV2', name: null, has: ['conv5_block3_out', 'post_relu'], layer: 'post_relu', preprocess: 'tf' },
  { label: 'ResNet152', name: null, has: ['conv5_block3_out', 'conv4_block36_out'], ...resnet },
  { label: 'ResNet101', name: null, has: ['conv5_block3_out', 'conv4_block23_out'], ...resnet },
  { label: 'ResNet50', name: 'resnet50', has: ['conv5_block3_out'], ...resnet },
  { label: 'MobileNet', name: 'mobilenet', has: ['conv_pw_13_relu'], layer: 'conv_pw_13_relu', preprocess: 'tf' },
  { label: 'MobileNetV2', name: null, has: ['out_relu'], layer: 'out_relu', preprocess: 'tf' },
]

/** @param layerNames names of all layers of a model, those without weights as well */
export function knownArchitecture(layerNames: readonly string[]): KnownArchitecture | undefined {
  return knownArchitectures.find(({ has }) => has.every((layer) => layerNames.includes(layer)))
}

/** What is known of a network that is built in code here. */
export function architectureOf(name: ArchitectureName): KnownArchitecture {
  return knownArchitectures.find((known) => known.name === name)!
}

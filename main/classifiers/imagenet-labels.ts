import { IMAGENET_CLASSES } from '@tensorflow-models/mobilenet/dist/imagenet_classes.js'

const nClasses = 1000

/**
 * Names of the 1,000 classes of ImageNet (ILSVRC 2012), in the order that Keras's official weights have them: those of
 * WordNet's synsets, all words of each.
 */
export function imagenetLabels(): string[] {
  return Array.from({ length: nClasses }, (_, index) => IMAGENET_CLASSES[index]!)
}

/** The 80 categories of COCO's instances (2014 and 2017), in the order of their ids. */
const names =
  'person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign, ' +
  'parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, ' +
  'handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, ' +
  'surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, ' +
  'broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, ' +
  'mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, ' +
  'teddy bear, hair drier, toothbrush'

/** Of the 91 categories that were planned, these were never annotated; their ids are not used. */
const unusedIds = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83])

const usedIds = Array.from({ length: 90 }, (_, i) => i + 1).filter((id) => !unusedIds.has(id))

/** COCO's own id (1 … 90) of each of its 80 categories, by name. */
export const cocoCategoryIds: ReadonlyMap<string, number> = new Map(
  names.split(', ').map((name, i) => [name, usedIds[i]!]),
)

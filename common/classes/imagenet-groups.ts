import { foldName } from './fold.ts'

/**
 * Everyday words for classes of ImageNet-1000 in its standard order (ILSVRC 2012, synsets sorted by WordNet id), as
 * ranges of indices, both ends included. By WordNet's tree: what is under domestic dog, not every dog-like animal; lynx
 * and lion are no cats, polecat and Madagascar cat (a lemur) neither. Past WordNet, because the photos show it, go
 * the tusker (elephant) and the locomotives (train). What a class is called itself (goose, pizza) needs no group.
 */
const groups: Readonly<Record<string, readonly (number | readonly [number, number])[]>> = {
  animal: [[0, 397]],
  airplane: [404, 895],
  ape: [[365, 369]],
  bear: [[294, 297]],
  beetle: [[300, 307]],
  bicycle: [444, 671],
  bird: [
    [7, 24],
    [80, 100],
    [127, 146],
  ],
  boat: [472, 484, 554, 576, 625, 814, 871, 914],
  bottle: [440, 720, 737, 898, 907],
  bus: [654, 779, 874],
  butterfly: [[321, 326]],
  car: [407, 436, 468, 511, 609, 627, 656, 661, 751, 817],
  cat: [[281, 285]],
  chair: [423, 559, 765, 857],
  chicken: [7, 8],
  clock: [409, 530, 892],
  crab: [[118, 121]],
  crocodile: [49],
  crustacean: [[118, 126]],
  dinosaur: [51],
  dog: [[151, 268]],
  duck: [97, 98],
  elephant: [101, 385, 386],
  fish: [
    [0, 6],
    [389, 397],
  ],
  flower: [985, 986],
  fox: [[277, 280]],
  frog: [[30, 32]],
  fruit: [[948, 957]],
  goat: [350],
  guitar: [402, 546],
  hat: [439, 452, 515, 808],
  helmet: [518, 560, 715],
  horse: [339],
  insect: [[300, 326]],
  keyboard: [508, 878],
  kangaroo: [104],
  lizard: [[38, 48]],
  lobster: [122, 123],
  monkey: [[370, 382]],
  motorcycle: [665, 670],
  owl: [24],
  panda: [388],
  parrot: [[87, 90]],
  penguin: [145],
  person: [[981, 983]],
  phone: [487, 528, 707],
  piano: [579, 881],
  rabbit: [330, 332],
  salamander: [[25, 29]],
  shark: [[2, 4]],
  sheep: [348, 349],
  ship: [403, 510, 628, 724, 780, 833],
  shoe: [502, 630, 770, 774],
  snake: [[52, 68]],
  spider: [[72, 77]],
  squirrel: [335],
  swan: [100],
  train: [466, 547, 820],
  truck: [555, 569, 675, 717, 734, 864, 867],
  turtle: [[33, 37]],
  whale: [147, 148],
  wolf: [[269, 271]],
}

/** Classes that tell the order: index, name, WordNet id. */
const anchors: readonly (readonly [number, string, string])[] = [
  [0, 'tench', 'n01440764'],
  [1, 'goldfish', 'n01443537'],
  [151, 'chihuahua', 'n02085620'],
  [207, 'golden retriever', 'n02099601'],
  [281, 'tabby', 'n02123045'],
  [340, 'zebra', 'n02391049'],
  [388, 'giant panda', 'n02510455'],
  [779, 'school bus', 'n04146614'],
  [963, 'pizza', 'n07873807'],
  [999, 'toilet tissue', 'n15075141'],
]
const anchorsNeeded = 8

/**
 * Whether class names are ImageNet-1000 in its standard order, told by ten classes of which eight must be in place
 * (names differ from list to list; WordNet ids, alone or before the name, count as well).
 * @returns the index of ImageNet's class 0: 0, or 1 where a background class comes first; null if they are not
 */
export function imageNetStart(modelLabels: readonly string[]): number | null {
  for (const start of [0, 1]) {
    if (modelLabels.length !== 1000 + start) continue
    const inPlace = anchors.filter(([index, name, id]) => {
      const label = foldName(modelLabels[start + index]!)
      return label.startsWith(id) || label.split(',').some((part) => part.trim() === name)
    })
    if (inPlace.length >= anchorsNeeded) return start
  }
  return null
}

/**
 * Indices of the ImageNet-1000 classes that an everyday word stands for, ascending; empty for a word without a group.
 * @param word English, singular, folded
 */
export function imageNetGroup(word: string): number[] {
  if (!Object.hasOwn(groups, word)) return []
  return groups[word]!.flatMap((part) =>
    typeof part === 'number' ? [part] : Array.from({ length: part[1] - part[0] + 1 }, (_, i) => part[0] + i),
  )
}

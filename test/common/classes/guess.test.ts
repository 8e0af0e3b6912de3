import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { guessClassMap, guessObjectMap } from '#common/classes/guess.ts'
import { imageNetGroup, imageNetStart } from '#common/classes/imagenet-groups.ts'
import { everydayWord } from '#common/classes/words.ts'
import { describeWithData, hasTestData, testData } from '../../builders/test-data.ts'

function namesByLabel(modelLabels: readonly string[], datasetLabels: readonly string[]): Record<string, string[]> {
  const names: Record<string, string[]> = {}
  for (const { label, name } of guessClassMap(modelLabels, datasetLabels).classifier) (names[label] ??= []).push(name)
  return names
}

describe('guessClassMap', () => {
  it('says why: exact, synonym, plural, translation', () => {
    const { classifier, unmatchedLabels } = guessClassMap(
      ['CAT', 'hound, dog', 'Horses', 'Pájaros', 'tank'],
      ['cat', 'dog', 'horse', 'bird', 'ship'],
    )
    expect(classifier).toEqual([
      { classIndex: 0, name: 'CAT', label: 'cat', reason: 'exact' },
      { classIndex: 1, name: 'hound, dog', label: 'dog', reason: 'synonym' },
      { classIndex: 2, name: 'Horses', label: 'horse', reason: 'plural' },
      { classIndex: 3, name: 'Pájaros', label: 'bird', reason: 'translation' },
    ])
    expect(unmatchedLabels).toEqual(['ship'])
  })

  it('understands a hand-made classifier in Spanish', () => {
    expect(guessClassMap(['Gatos', 'Perros'], ['cat', 'dog'])).toEqual({
      classifier: [
        { classIndex: 0, name: 'Gatos', label: 'cat', reason: 'translation' },
        { classIndex: 1, name: 'Perros', label: 'dog', reason: 'translation' },
      ],
      unmatchedLabels: [],
    })
  })

  it('lets the surest label win, and takes none that only sounds alike', () => {
    expect(guessClassMap(['Autos'], ['car', 'autos']).classifier[0]).toMatchObject({ label: 'autos', reason: 'exact' })
    expect(guessClassMap(['polecat', 'Madagascar cat', 'catfish', 'hot dog'], ['cat', 'dog']).classifier).toEqual([])
  })

  it('is quick with a thousand classes and a thousand labels', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `class ${i}, synonym ${i}, another synonym ${i}`)
    const labels = names.map((_, i) => `Synonym_${i}`)
    const begin = performance.now()
    expect(guessClassMap(names, labels).classifier).toHaveLength(1000)
    expect(performance.now() - begin).toBeLessThan(2000)
  })

  it('copes with empty lists and repeated labels', () => {
    expect(guessClassMap([], ['cat', 'cat'])).toEqual({ classifier: [], unmatchedLabels: ['cat'] })
    expect(guessClassMap(['cat'], [])).toEqual({ classifier: [], unmatchedLabels: [] })
  })
})

describe('guessObjectMap', () => {
  it('matches categories like classes', () => {
    expect(guessObjectMap(['person', 'chats', 'dog', 'pet', 'dog'], ['cat', 'dogs', 'car'])).toEqual({
      objects: [
        { category: 'chats', label: 'cat', reason: 'translation' },
        { category: 'dog', label: 'dogs', reason: 'plural' },
      ],
      unmatchedLabels: ['car'],
    })
  })
})

describe('everydayWord', () => {
  it('knows cats and dogs in seven languages', () => {
    for (const cat of ['cat', 'Cats', 'gatos', 'Chat', 'Katzen', 'gatti', 'gato', 'katten', 'kitty']) {
      expect(everydayWord(cat), cat).toBe('cat')
    }
    for (const dog of ['dog', 'Perro', 'chiens', 'Hunde', 'cane', 'Cães', 'honden']) {
      expect(everydayWord(dog), dog).toBe('dog')
    }
    expect(everydayWord('Vögel')).toBe('bird')
    expect(everydayWord('zeppelin')).toBeNull()
    expect(everydayWord('constructor')).toBeNull()
  })
})

describe('imageNetStart', () => {
  it('does not take any thousand classes for ImageNet', () => {
    expect(imageNetStart(Array.from({ length: 1000 }, (_, i) => `class ${i}`))).toBeNull()
    expect(imageNetStart(['tench', 'goldfish'])).toBeNull()
  })
})

describeWithData('guesses for ImageNet-1000', () => {
  const file = testData('data/mobilenet-v1-0.25-tfjs/metadata.json')
  const { labels } = (hasTestData ? JSON.parse(readFileSync(file, 'utf8')) : { labels: [] }) as { labels: string[] }
  const shortNames = labels.map((label) => label.split(',')[0]!)

  it('recognises it by its names, short or long, behind a background class, and shuffled not', () => {
    expect(imageNetStart(labels)).toBe(0)
    expect(imageNetStart(shortNames.map((name) => name.replaceAll(' ', '_')))).toBe(0)
    expect(imageNetStart(['background', ...labels])).toBe(1)
    expect(imageNetStart(labels.toReversed())).toBeNull()
  })

  it('takes 118 breeds for dog and 5 cats for cat, and neither polecat nor Madagascar cat', () => {
    const { classifier, unmatchedLabels } = guessClassMap(labels, ['cat', 'dog'])
    const indices = (label: string): number[] =>
      classifier.filter((guess) => guess.label === label).map(({ classIndex }) => classIndex)
    expect(indices('cat')).toEqual([281, 282, 283, 284, 285])
    expect(indices('dog')).toEqual(Array.from({ length: 118 }, (_, i) => 151 + i))
    expect(classifier[0]).toEqual({ classIndex: 151, name: 'Chihuahua', label: 'dog', reason: 'imagenet-group' })
    expect(unmatchedLabels).toEqual([])
  })

  it('finds the groups from behind a background class and from other languages', () => {
    const { classifier } = guessClassMap(['background', ...labels], ['Gatos'])
    expect(classifier.map(({ classIndex }) => classIndex)).toEqual([282, 283, 284, 285, 286])
  })

  it('prefers a class of the label’s own name to a group, and a smaller group to a larger', () => {
    const { classifier } = guessClassMap(labels, ['dog', 'Siberian_husky', 'bird', 'owl', 'papillon'])
    const labelOf = (index: number): unknown => classifier.find(({ classIndex }) => classIndex === index)
    expect(labelOf(250)).toMatchObject({ label: 'Siberian_husky', reason: 'exact' })
    expect(labelOf(251)).toMatchObject({ label: 'dog', reason: 'imagenet-group' })
    expect(labelOf(24)).toMatchObject({ label: 'owl' })
    expect(labelOf(15)).toMatchObject({ label: 'bird' })
    expect(labelOf(157)).toMatchObject({ label: 'papillon', reason: 'exact' })
    expect(labelOf(323)).toBeUndefined() // a monarch is no papillon: ImageNet's names are English
  })

  it('does not take a carpenter’s plane for a plane, in long names or short', () => {
    for (const names of [labels, shortNames]) {
      expect(namesByLabel(names, ['plane'])['plane']!.map((name) => name.split(',')[0])).toEqual([
        'airliner',
        'warplane',
      ])
    }
    expect(namesByLabel(labels, ['panda'])['panda']).toEqual([
      'giant panda, panda, panda bear, coon bear, Ailuropoda melanoleuca',
    ])
  })

  // first and last name of every group that is one range, and all of some that are not: a shifted index shows here
  it.each([
    ['animal', 'tench', 'puffer', 398],
    ['bear', 'brown bear', 'sloth bear', 4],
    ['beetle', 'tiger beetle', 'weevil', 8],
    ['butterfly', 'admiral', 'lycaenid', 6],
    ['cat', 'tabby', 'Egyptian cat', 5],
    ['dog', 'Chihuahua', 'Mexican hairless', 118],
    ['fox', 'red fox', 'grey fox', 4],
    ['frog', 'bullfrog', 'tailed frog', 3],
    ['fruit', 'Granny Smith', 'pomegranate', 10],
    ['insect', 'tiger beetle', 'lycaenid', 27],
    ['lizard', 'banded gecko', 'Komodo dragon', 11],
    ['monkey', 'guenon', 'squirrel monkey', 13],
    ['ape', 'orangutan', 'siamang', 5],
    ['snake', 'thunder snake', 'sidewinder', 17],
    ['spider', 'black and gold garden spider', 'wolf spider', 6],
    ['turtle', 'loggerhead', 'box turtle', 5],
    ['wolf', 'timber wolf', 'red wolf', 3],
    ['bird', 'cock', 'albatross', 59],
    ['fish', 'tench', 'puffer', 16],
    ['car', 'ambulance', 'sports car', 10],
    ['truck', 'fire engine', 'trailer truck', 7],
    ['boat', 'canoe', 'yawl', 8],
  ])('%s is from %s to %s, %i classes', (word, first, last, count) => {
    const group = imageNetGroup(word)
    expect(shortNames[group[0]!]).toBe(first)
    expect(shortNames[group.at(-1)!]).toBe(last)
    expect(group).toHaveLength(count)
  })

  it.each([
    ['bicycle', ['bicycle-built-for-two', 'mountain bike']],
    ['bus', ['minibus', 'school bus', 'trolleybus']],
    [
      'car',
      [
        'ambulance',
        'beach wagon',
        'cab',
        'convertible',
        'jeep',
        'limousine',
        'minivan',
        'Model T',
        'racer',
        'sports car',
      ],
    ],
    ['boat', ['canoe', 'catamaran', 'fireboat', 'gondola', 'lifeboat', 'speedboat', 'trimaran', 'yawl']],
    ['elephant', ['tusker', 'Indian elephant', 'African elephant']],
    ['train', ['bullet train', 'electric locomotive', 'steam locomotive']],
    ['truck', ['fire engine', 'garbage truck', 'moving van', 'pickup', 'police van', 'tow truck', 'trailer truck']],
    ['ship', ['aircraft carrier', 'container ship', 'liner', 'pirate', 'schooner', 'submarine']],
    ['bottle', ['beer bottle', 'pill bottle', 'pop bottle', 'water bottle', 'wine bottle']],
    ['chair', ['barber chair', 'folding chair', 'rocking chair', 'throne']],
    ['clock', ['analog clock', 'digital clock', 'wall clock']],
    ['guitar', ['acoustic guitar', 'electric guitar']],
    ['motorcycle', ['moped', 'motor scooter']],
    ['phone', ['cellular telephone', 'dial telephone', 'pay-phone']],
    ['sheep', ['ram', 'bighorn']],
    ['shoe', ['clog', 'Loafer', 'running shoe', 'sandal']],
    ['parrot', ['African grey', 'macaw', 'sulphur-crested cockatoo', 'lorikeet']],
    ['person', ['ballplayer', 'groom', 'scuba diver']],
    ['whale', ['grey whale', 'killer whale']],
  ])('%s stands for %j', (word, names) => {
    expect(imageNetGroup(word).map((index) => shortNames[index])).toEqual(names)
  })
})

/** Words that end in s and are no plural, or have no other singular; endings -ss, -us, -is need not be here. */
const unchanged = new Set(
  (
    'albatros always apparatus atlas alias bellows biceps binoculars canvas chaos christmas clothes cosmos dachs ' +
    'diabetes eyeglasses fuchs gallows glasses goggles headquarters herpes jeans kansas lachs lens luchs mars ' +
    'mathematics means measles mercedes mumps news pajamas pancreas pants physics pliers pyjamas rabies rhinoceros ' +
    'scabies scissors series shears shingles shorts species sunglasses texas thermos tights tongs triceps ' +
    'triceratops trousers tweezers'
  ).split(' '),
)

/** Plurals that no ending gives away, and -s words whose singular is not the word less its s. */
const irregular = new Map(
  (
    'avalanches:avalanche axes:axe bikinis:bikini brioches:brioche brownies:brownie budgies:budgie buffaloes:buffalo ' +
    'buses:bus cactuses:cactus calves:calf children:child collies:collie cookies:cookie corgis:corgi dominoes:domino ' +
    'echoes:echo elves:elf emus:emu feet:foot flamingoes:flamingo gases:gas geese:goose genies:genie gnus:gnu ' +
    'halves:half headaches:headache heroes:hero hoodies:hoodie hooves:hoof kiwis:kiwi knives:knife leaves:leaf ' +
    'lenses:lens lice:louse loaves:loaf magpies:magpie mangoes:mango men:man menus:menu mice:mouse ' +
    'mosquitoes:mosquito moustaches:moustache movies:movie octopuses:octopus oxen:ox people:person porsches:porsche ' +
    'potatoes:potato prairies:prairie quiches:quiche quizzes:quiz salamis:salami scarves:scarf selfies:selfie ' +
    'shelves:shelf skis:ski smoothies:smoothie taxis:taxi teeth:tooth thieves:thief tomatoes:tomato ' +
    'tornadoes:tornado torpedoes:torpedo viruses:virus volcanoes:volcano walruses:walrus wives:wife wolves:wolf ' +
    'women:woman zombies:zombie'
  )
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
)

/**
 * The singular of a class name's last word, as English forms it: cats → cat, foxes → fox, hot_dogs → hot_dog.
 * Careful rather than complete: words of up to three letters, those on -ss, -us and -is (glass, bus, iris), those of a list
 * (glasses, lens) and what is no plural stay as they are. The first letter keeps its case, a word in capitals its capitals.
 */
export function singularName(name: string): string {
  const [word] = /\p{L}+$/u.exec(name) ?? []
  if (word === undefined) return name
  const singular = singularWord(word.toLowerCase())
  const start = name.slice(0, name.length - word.length)
  if (word.length > 1 && word === word.toUpperCase()) return start + singular.toUpperCase()
  return start + word.charAt(0) + (singular.charAt(0) === word.charAt(0).toLowerCase() ? singular.slice(1) : singular)
}

function singularWord(word: string): string {
  const known = irregular.get(word)
  if (known !== undefined) return known
  if (word.length <= 3 || unchanged.has(word) || /(ss|us|is)$/.test(word) || !word.endsWith('s')) return word
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`
  if (/(ch|sh|x|ss|zz)es$/.test(word)) return word.slice(0, -2)
  return word.slice(0, -1)
}

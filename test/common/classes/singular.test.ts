import { describe, expect, it } from 'vitest'
import { foldName, isSameName } from '#common/classes/fold.ts'
import { singularName } from '#common/classes/singular.ts'

describe('singularName', () => {
  it('forms English singulars', () => {
    const pairs = {
      cats: 'cat',
      dogs: 'dog',
      horses: 'horse',
      houses: 'house',
      foxes: 'fox',
      dishes: 'dish',
      matches: 'match',
      classes: 'class',
      butterflies: 'butterfly',
      puppies: 'puppy',
      pies: 'pie',
      shoes: 'shoe',
      tomatoes: 'tomato',
      gloves: 'glove',
      wolves: 'wolf',
      mice: 'mouse',
      people: 'person',
      buses: 'bus',
      taxis: 'taxi',
      photos: 'photo',
      airplanes: 'airplane',
    }
    for (const [plural, singular] of Object.entries(pairs)) expect(singularName(plural), plural).toBe(singular)
  })

  it('leaves words alone that are no plural', () => {
    for (const word of [
      ...['glasses', 'bus', 'class', 'lens', 'cactus', 'iris', 'chess', 'gas', 'scissors', 'trousers', 'sheep', 'fish'],
      ...['rhinoceros', 'hippopotamus', 'tennis', 'jeans', 'species', 'series', 'cat', 'us', 's', '', '42', 'cat.1'],
    ]) {
      expect(singularName(word), word).toBe(word)
    }
  })

  it('takes the last word of a name and keeps its case', () => {
    expect(singularName('hot_dogs')).toBe('hot_dog')
    expect(singularName('Teddy Bears')).toBe('Teddy Bear')
    expect(singularName('CATS')).toBe('CAT')
    expect(singularName('Cats')).toBe('Cat')
    expect(singularName('Mice')).toBe('Mouse')
  })

  it('changes nothing when applied again', () => {
    for (const word of ['cats', 'classes', 'butterflies', 'mice', 'glasses', 'Perros', 'buses', 'shoes']) {
      expect(singularName(singularName(word)), word).toBe(singularName(word))
    }
  })
})

describe('foldName', () => {
  it('makes names alike that differ in case, accents and separators', () => {
    expect(foldName('  Golden_Retriever ')).toBe('golden retriever')
    expect(foldName('shih-tzu')).toBe('shih tzu')
    expect(foldName('Vögel')).toBe('vogel')
    expect(foldName('Straße')).toBe('strasse')
    expect(isSameName('Pájaro', 'PAJARO')).toBe(true)
    expect(isSameName('cat', 'cats')).toBe(false)
  })
})

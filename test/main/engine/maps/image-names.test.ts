import { describe, expect, it } from 'vitest'
import type { FolderId } from '#common/contract/ids.ts'
import { ImageNames, planMaps } from '#main/engine/maps/image-names.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import { anImage } from '../../../builders/project.ts'

function namesOf(...files: string[]): ImageNames {
  return new ImageNames(
    files.map(
      (file, i) => ({ ...anImage(1 as FolderId, i), file, id: i + 1, createdAt: 0 }) as unknown as ProjectImage,
    ),
  )
}

describe('names of images', () => {
  const names = namesOf('cats/1.jpg', 'cats/2.jpg', 'dogs/1.jpg', 'a.jpg', 'a.png', 'deep/cats/1.jpg', 'b.tar.jpg')
  const match = (name: string): string[] => names.match(name).map(({ file }) => file)

  it('are paths, with or without the ending', () => {
    expect(match('cats/2.jpg')).toEqual(['cats/2.jpg'])
    expect(match('cats/2')).toEqual(['cats/2.jpg'])
    expect(match('b.tar')).toEqual(['b.tar.jpg'])
  })

  it('lie in any folder where they are bare, and mean the shortest path that fits in full', () => {
    expect(match('2')).toEqual(['cats/2.jpg'])
    expect(match('cats/1')).toEqual(['cats/1.jpg'])
    expect(match('dogs/2')).toEqual([])
    expect(match('s/2')).toEqual([])
  })

  it('may mean several', () => {
    expect(match('1')).toEqual(['cats/1.jpg', 'dogs/1.jpg', 'deep/cats/1.jpg'])
    expect(match('a')).toEqual(['a.jpg', 'a.png'])
    expect(match('a.png')).toEqual(['a.png'])
    expect(match('')).toEqual([])
  })

  it('give each image one map', () => {
    const planned = planMaps(['2.npy', 'cats/2.jpg.npy', 'a.npy', 'a.png.npy', 'no.npy'], names)
    expect(planned.map((plan) => ('image' in plan ? plan.image.file : plan.defect.kind))).toEqual([
      'cats/2.jpg',
      'map-doubled',
      'map-ambiguous',
      'a.png',
      'map-unmatched',
    ])
  })
})

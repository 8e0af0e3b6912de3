import { defineStore } from 'pinia'
import type { ReviewedImage } from '#common/contract/procedures/reviewing.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'
import { ReviewCache } from './review-cache.ts'

/** Reads images for Review, some of them ahead. */
export const useImageReader = defineStore('image-reader', () => {
  const connection = useConnection()
  const project = useProject()
  const cache = new ReviewCache(readNow)

  /** As the engine has it now. */
  function readNow(id: number): Promise<ReviewedImage> {
    return connection.client['image.read']({ project: project.requireHandle(), image: id })
  }

  return {
    readNow,
    read: (id: number) => cache.get(id),
    forget: (id: number) => cache.forget(id),
    clear: () => cache.clear(),
  }
})

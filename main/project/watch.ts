/** Follows a long reading: told after every page, it may let other work in, and throws where the reading is to stop. */
export interface Watch {
  /** @param count how many more were read */
  readonly step: (count: number) => Promise<void>
}

export const unwatched: Watch = { step: () => Promise.resolve() }

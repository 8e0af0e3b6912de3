import { AppError } from '#common/contract/errors.ts'
import type { CatalogueEntry } from '#common/contract/procedures/catalogue.ts'
import type { Digest } from './digest.ts'

/** How a file was found to be the one that the catalogue means. */
export type VerifiedBy = 'hash' | 'structure'

/** A file that is verified. */
export interface Candidate {
  readonly path: string
  /** what it is called in messages: its path, or where it came from */
  readonly name: string
}

/** Whether the catalogue knows an entry's content, not only its form. */
export function isContentKnown({ md5, sha256 }: CatalogueEntry): boolean {
  return md5 !== null || sha256 !== null
}

/**
 * Holds a file against its entry: size and hash where they are published, else whether its layers are the architecture's.
 * @param digest of the whole file
 * @throws AppError 'catalogue.differs', which says both sizes or hashes, or what layer is wrong
 */
export async function verifyContent(file: Candidate, digest: Digest, entry: CatalogueEntry): Promise<VerifiedBy> {
  for (const what of ['bytes', 'sha256', 'md5'] as const) {
    const expected = entry[what]
    const found = digest[what]
    if (expected !== null && found !== expected) {
      throw differs(file, entry, `its ${words[what]} is ${found}, and should be ${expected}`, { what, found, expected })
    }
  }
  if (isContentKnown(entry) || entry.purpose === 'detecting') return 'hash'
  // only here: the reader of HDF5 takes a moment, and few files need it
  const { structureProblem } = await import('./structure.ts')
  const problem = await structureProblem(file.path, entry.architecture)
  if (problem !== null) throw differs(file, entry, problem)
  return 'structure'
}

const words = { bytes: 'length in bytes', sha256: 'SHA-256', md5: 'MD5' } as const

function differs({ path, name }: Candidate, { id }: CatalogueEntry, why: string, data: object = {}): AppError {
  return new AppError('catalogue.differs', `${name} is not the published ${id}: ${why}.`, {
    hint: 'It is not used. Download it again, or add another copy from the disk.',
    data: { path, id, ...data },
  })
}

import type { Migration } from '../migrate.ts'
import { initial } from './0001-initial.ts'
import { reviews } from './0002-reviews.ts'
import { flags } from './0003-flags.ts'
import { imports } from './0004-imports.ts'
import { objectChoice } from './0005-object-choice.ts'

/** All migrations in order; number n (from 1) brings a file to schema version n. Released ones are never edited. */
export const migrations: readonly Migration[] = [initial, reviews, flags, imports, objectChoice]

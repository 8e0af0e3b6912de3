import { createPinia, setActivePinia } from 'pinia'
import { vi } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ImageRow, ReviewedImage } from '#common/contract/procedures/reviewing.ts'
import { useConnection, type ConnectionState } from '../../../renderer/stores/connection.ts'

type Handlers = { -readonly [K in keyof EngineClient]?: (input: Parameters<EngineClient[K]>[0]) => unknown }

/** An engine that answers what a test says, and the calls that it was asked. */
export interface FakeEngine {
  readonly calls: { readonly name: string; readonly input: unknown }[]
  readonly handlers: Handlers
  setState(state: ConnectionState): void
  /** what the project says of itself from now on */
  setWritable(isWritable: boolean): void
  /** how long the audit log is from now on */
  setLog(nAuditEntries: number): void
}

/** An answer that never came. */
export function lost(): never {
  throw new AppError('link.closed', 'gone')
}

const description = {
  path: '/p/pets.obalex',
  id: 'p',
  createdAt: 0,
  createdBy: 'test',
  isWritable: true,
  nImages: 3,
  nInstances: 3,
  nModels: 0,
  nPredictions: 0,
  nExplanations: 0,
  nScores: 0,
  nAuditEntries: 1,
  labels: [],
  folders: [],
}

/** What stores need of a browser, a fresh Pinia, and an engine with a project of three images. */
export function makeWindow(handlers: Handlers = {}): FakeEngine {
  vi.stubGlobal('matchMedia', () => ({ matches: true, addEventListener: () => undefined }))
  vi.stubGlobal('document', { documentElement: { dataset: {} } })
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })
  vi.stubGlobal('Image', vi.fn())
  setActivePinia(createPinia())
  let state = description
  const engine: FakeEngine = {
    calls: [],
    handlers: { ...defaultHandlers, 'project.describe': () => state, ...handlers },
    setState: (state) => tell(state),
    setWritable: (isWritable) => void (state = { ...state, isWritable }),
    setLog: (nAuditEntries) => void (state = { ...state, nAuditEntries }),
  }
  let tell: (state: ConnectionState) => void = () => undefined
  const client = new Proxy({} as EngineClient, {
    get: (_, name: keyof EngineClient) => (input: never) => {
      engine.calls.push({ name, input })
      const handler = engine.handlers[name] as ((input: never) => unknown) | undefined
      return new Promise((resolve, reject) => {
        if (handler === undefined) reject(new Error(`the test says nothing of ${name}`))
        else resolve(handler(input))
      })
    },
  })
  const onState = (listener: (state: ConnectionState) => void): (() => void) => {
    tell = listener
    listener('up')
    return () => undefined
  }
  useConnection().attach(
    { client, onState },
    { thumbnailUrl: () => 'thumbnail', outlineUrl: () => 'outline', tileUrl: () => 'tile' },
  )
  return engine
}

const defaultHandlers: Handlers = {
  'project.open': () => ({ project: 1 }),
  'images.list': () => ({ images: [1, 2, 3].map(row), total: 3, next: null }),
  'scores.average': () => ({ rows: [] }),
  'image.read': ({ image }) => reviewedImage(image),
  'jobs.running': () => ({ jobs: [] }),
}

const notReviewed = { reasons: [], auditor: null, isFlagged: false }

function row(id: number): ImageRow {
  const shape = { width: 4, height: 3, label: null, split: null, nInstances: 1 }
  return { id, file: `${id}.jpg`, ...shape, verdict: null, isCorrected: false, ...notReviewed, results: [] }
}

/** An image whose only instance has ten times its id. */
export function reviewedImage(id: number, journal: ReviewedImage['instances'][number]['journal'] = []): ReviewedImage {
  const mask = { width: 4, height: 3, counts: new Uint32Array([12]) }
  const instance = { category: null, score: null, isCrowd: false, isObject: true, machine: mask, correction: null }
  return {
    id,
    file: `${id}.jpg`,
    folder: '/photos',
    width: 4,
    height: 3,
    label: null,
    importedAt: 0,
    photo: 'present',
    photoChangedAt: null,
    instances: [{ id: id * 10, ...instance, revision: 0, auditor: null, journal }],
    object: { rule: { kind: 'matching' }, objectMap: {}, choice: { minConfidence: 0, pick: 'union' }, leftOut: null },
    maps: [],
    predictions: [],
    review: null,
  }
}

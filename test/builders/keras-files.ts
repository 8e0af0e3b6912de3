import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js'
import * as h5wasm from 'h5wasm/node'
import { temporaryFolder } from './temporary-folder.ts'

/** A file that Keras wrote (test/fixtures/keras), unpacked into a folder of its own. */
export function kerasFixture(name: string): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, gunzipSync(readFileSync(join(import.meta.dirname, '../fixtures/keras', `${name}.gz`))))
  return path
}

/** What an HDF5 file holds: attributes, arrays and groups by name; a name may be a path. */
export interface Hdf5Content {
  readonly attributes?: Readonly<Record<string, string | readonly string[] | number>>
  readonly arrays?: Readonly<Record<string, Hdf5Array>>
  readonly groups?: Readonly<Record<string, Hdf5Content>>
}

export interface Hdf5Array {
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array
}

/** Writes an HDF5 file. */
export async function writeHdf5(path: string, content: Hdf5Content): Promise<string> {
  await h5wasm.ready
  const file = new h5wasm.File(path, 'w')
  try {
    fill(file, content)
  } finally {
    file.close()
  }
  return path
}

function fill(group: h5wasm.Group, { attributes = {}, arrays = {}, groups = {} }: Hdf5Content): void {
  for (const [name, value] of Object.entries(attributes)) {
    group.create_attribute(name, typeof value === 'object' ? [...value] : value)
  }
  for (const [path, { shape, values }] of Object.entries(arrays)) {
    const parts = path.split('/')
    const name = parts.pop()!
    const parent = parts.reduce((at, part) => (at.get(part) as h5wasm.Group | null) ?? at.create_group(part), group)
    parent.create_dataset({ name, data: values, shape: [...shape] })
  }
  for (const [name, inner] of Object.entries(groups)) fill(group.create_group(name), inner)
}

/** A ZIP file of the given entries. */
export async function zipOf(
  entries: Readonly<Record<string, Uint8Array | string>>,
  options: { readonly level?: number; readonly password?: string } = {},
): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level: 0, ...options, useWebWorkers: false })
  for (const [name, content] of Object.entries(entries)) {
    await writer.add(name, new Uint8ArrayReader(typeof content === 'string' ? Buffer.from(content) : content))
  }
  return writer.close()
}

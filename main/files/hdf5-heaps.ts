import { closeSync, openSync, readSync } from 'node:fs'

/** How a global heap collection begins: its signature, version 1, and what is reserved. */
const collectionStart = Buffer.from('GCOL\x01\0\0\0', 'latin1')
const collectionHeaderBytes = 16
/** index (2 bytes), number of references (2), reserved (4), size (8) */
const objectHeaderBytes = 16
/** HDF5 makes them of 4 KB, or of the one object that is larger. */
const maxCollectionBytes = 1 << 26
const blockBytes = 1 << 22

/**
 * Whether the heaps of a file, which hold its texts of variable length, can be walked from object to object. The HDF5
 * library (2.0) does not check it: at free space of no size it goes round for ever.
 * Lengths are of 8 bytes, as every known writer makes them.
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, “III.E. Disk Format: Level 1E - Global Heap”
 */
export function hasSoundHeaps(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const block = Buffer.alloc(blockBytes)
    for (let start = 0; ; start += blockBytes - collectionStart.length + 1) {
      const bytes = block.subarray(0, readSync(file, block, 0, blockBytes, start))
      for (let at = bytes.indexOf(collectionStart); at >= 0; at = bytes.indexOf(collectionStart, at + 1)) {
        if (!isSoundCollection(file, start + at)) return false
      }
      if (bytes.length < blockBytes) return true
    }
  } finally {
    closeSync(file)
  }
}

function isSoundCollection(file: number, start: number): boolean {
  const header = Buffer.alloc(collectionHeaderBytes)
  if (readSync(file, header, 0, header.length, start) < header.length) return false
  const size = Number(header.readBigUInt64LE(8))
  if (!(size >= collectionHeaderBytes && size <= maxCollectionBytes)) return false
  const collection = Buffer.alloc(size)
  if (readSync(file, collection, 0, size, start) < size) return false
  let at = collectionHeaderBytes
  while (at + objectHeaderBytes <= size) {
    const isFree = collection.readUInt16LE(at) === 0
    const length = Number(collection.readBigUInt64LE(at + 8))
    // free space counts its own header, objects are padded to multiples of 8
    const step = isFree ? length : objectHeaderBytes + Math.ceil(length / 8) * 8
    if (!(step >= objectHeaderBytes && at + step <= size)) return false
    at += step
  }
  return true
}

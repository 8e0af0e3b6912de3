import { join } from 'node:path'
import { expect } from 'vitest'
import { makePhotos, writeCoco, type Photo } from '../builders/dataset.ts'
import type { Ended } from '../builders/obalex-process.ts'
import { writeSmallModel } from '../builders/small-model.ts'
import { folderIn } from '../main/engine/engine-tools.ts'
import { obalexJson } from '../main/cli/run-cli.ts'

/** Photos with their masks, and a model for them. */
export interface Material {
  readonly folder: string
  readonly images: string
  readonly photos: readonly Photo[]
  readonly annotations: string
  /** path of model.json */
  readonly model: string
}

interface MaterialOptions {
  /** three classes of them */
  readonly perClass?: number
  /** of the model's input; the larger, the longer an image takes */
  readonly inputSide?: number
}

const labels = ['cat', 'dog', 'bird']

/** Makes photos, masks and a model in a new folder. */
export async function makeMaterial(
  root: string,
  { perClass = 17, inputSide = 64 }: MaterialOptions = {},
): Promise<Material> {
  const folder = folderIn(root)
  const images = join(folder, 'photos')
  const photos = await makePhotos(images, { classes: labels, perClass, width: 32, height: 28 })
  const annotations = await writeCoco(join(folder, 'coco.json'), photos)
  return {
    folder,
    images,
    photos,
    annotations,
    model: await writeSmallModel(join(folder, 'model'), { labels, inputSide }),
  }
}

/** A new project with the photos and masks in it. */
export async function makeProject(material: Material, folder = folderIn(material.folder)): Promise<string> {
  const project = join(folder, 'p.obalex')
  await obalexJson(['project', 'create', project])
  await obalexJson(importOf(project, material))
  return project
}

/** The command that imports photos and masks. */
export function importOf(project: string, { images, annotations }: Material): string[] {
  return ['import', project, '--format', 'coco', '--images', images, '--annotations', annotations]
}

/** The command that scores them. One runtime, so that every process computes the same to the last bit. */
export function runOf(project: string, { model }: Material): string[] {
  return ['run', project, '--models', model, '--methods', 'occlusion', '--runtime', 'wasm']
}

/** Fails unless everything in a project is whole and as it was written, as the program itself sees it. */
export async function expectVerified(project: string): Promise<void> {
  expect(await obalexJson(['verify', project])).toMatchObject({ ok: true, broken: null })
}

/** Fails unless a command failed, with nothing but one line that says what happened and what to do. */
export function expectRefused({ status, stdout, stderr }: Ended, words: RegExp): void {
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/^obalex: [^\n]+ — [^\n]+\n$/) as string,
  })
  expect(stderr).toMatch(words)
}

/** All scores without their ids, in the order of the images. */
export async function scoresOf(project: string): Promise<object[]> {
  const { scores } = await obalexJson<{ scores: { id: number; image: string }[] }>(['scores', project])
  return scores.map(({ id: _, ...score }) => score).sort((a, b) => a.image.localeCompare(b.image))
}

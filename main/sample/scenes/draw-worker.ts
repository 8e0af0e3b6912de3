import { parentPort } from 'node:worker_threads'
import { AppError, type ErrorPayload } from '#common/contract/errors.ts'
import { encodeRle, rleArea, rleBbox } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { formatPng } from '#main/files/png.ts'
import { writeAside } from '#main/files/write-aside.ts'
import { drawScene, type Scene, type SceneRequest } from './scene.ts'

/** A scene, and where its photo goes. */
export interface DrawRequest {
  readonly scene: SceneRequest
  readonly path: string
}

/** What an annotation file says of a scene; masks as COCO has them. */
export interface SceneRecord {
  readonly width: number
  readonly height: number
  readonly background: string
  readonly weather: string
  readonly objects: readonly {
    readonly segmentation: { readonly size: readonly [number, number]; readonly counts: string }
    readonly area: number
    readonly bbox: readonly number[]
    /** how much of the animal is behind something else, 0 … 1 in thousandths */
    readonly hidden: number
  }[]
}

export type DrawAnswer = { readonly record: SceneRecord } | { readonly error: ErrorPayload }

/** A thread that draws scenes and writes their photos, one request after the other. */
const port = parentPort!
port.on('message', (request: DrawRequest) => {
  void answer(request).then((result) => port.postMessage(result))
})

async function answer({ scene, path }: DrawRequest): Promise<DrawAnswer> {
  try {
    const drawn = drawScene(scene)
    await writeAside(path, await formatPng(drawn.rgb))
    return { record: recordOf(drawn) }
  } catch (cause) {
    const error = cause instanceof AppError ? cause : new AppError('internal', String(cause), { cause })
    return { error: error.toPayload() }
  }
}

function recordOf({ rgb, masks, facts }: Scene): SceneRecord {
  const objects = masks.map(({ bitmap }, i) => {
    const rle = encodeRle(bitmap)
    return {
      segmentation: { size: [rle.height, rle.width] as const, counts: compressCounts(rle.counts) },
      area: rleArea(rle),
      bbox: rleBbox(rle),
      hidden: Math.round(1000 * facts.objects[i]!.hidden) / 1000,
    }
  })
  return { width: rgb.width, height: rgb.height, background: facts.background, weather: facts.weather, objects }
}

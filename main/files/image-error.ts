import { AppError } from '#common/contract/errors.ts'

/** 16,383 × 16,383: the most that WebP holds, and sharp's own limit. */
export const MAX_PIXELS = 268_402_689

/** 'image.broken': the file is no image, or a damaged one. `problem` continues the sentence that names the file. */
export function imageBroken(name: string, problem: string, options: { hint?: string; cause?: unknown } = {}): AppError {
  return new AppError('image.broken', `${name} ${problem}.`, {
    hint: options.hint ?? 'Replace the file by an intact one, or leave it out.',
    data: { file: name },
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  })
}

/**
 * Refuses an image that says it has more pixels than are decoded. Called before anything of its size is allocated.
 * @throws AppError 'image.too-large'
 */
export function requirePixels(
  name: string,
  { width, height }: { readonly width: number; readonly height: number },
  maxPixels: number,
): void {
  if (width * height <= maxPixels) return
  throw new AppError(
    'image.too-large',
    `${name} says it is ${width}×${height} pixels; at most ${maxPixels} pixels are decoded.`,
    { hint: 'Make it smaller with another program, or leave it out.', data: { file: name, width, height, maxPixels } },
  )
}

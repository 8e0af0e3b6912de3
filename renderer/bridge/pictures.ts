/** Addresses of pictures, which hosts answer from `image.thumbnail`, `image.outline` and `image.tile`. */
export function thumbnailUrl(project: number, image: number, side: number): string {
  return `/project/${project}/image/${image}/thumbnail/${side}`
}

/** @param saving counts up when the masks were saved again, because a page asks once for an address */
export function outlineUrl(project: number, image: number, side: number, saving: number): string {
  return `/project/${project}/image/${image}/outline/${side}?${saving}`
}

/** @param level the photo at 1/2^level of its size; column and row count squares of 512 pixels there */
export function tileUrl(project: number, image: number, level: number, column: number, row: number): string {
  return `/project/${project}/image/${image}/tile/${level}/${column}/${row}`
}

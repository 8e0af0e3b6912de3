/** Addresses of pictures of photos, which the server makes from `image.thumbnail` and `image.tile`. */
export function thumbnailUrl(project: number, image: number, side: number): string {
  return `/project/${project}/image/${image}/thumbnail/${side}`
}

/** @param level the photo at 1/2^level of its size; column and row count squares of 512 pixels there */
export function tileUrl(project: number, image: number, level: number, column: number, row: number): string {
  return `/project/${project}/image/${image}/tile/${level}/${column}/${row}`
}

/** Whether none is NaN or infinite. `every(Number.isFinite)` takes seconds for the weights of a VGG16. */
export function areFinite(values: Float32Array): boolean {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0
  return sum === 0
}

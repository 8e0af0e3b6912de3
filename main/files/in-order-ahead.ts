/**
 * Runs `work` on a few items at once and gives the results in the items' order.
 * @param width how many run at the same time at most
 * @throws what `work` throws, when the turn of that item comes
 */
export async function* inOrderAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = []
  try {
    for await (const item of items) {
      const result = work(item)
      result.catch(() => undefined) // told when its turn comes; until then nobody waits for it
      running.push(result)
      if (running.length >= width) yield await running.shift()!
    }
    while (running.length > 0) yield await running.shift()!
  } finally {
    // Whoever stops early must not leave a file behind that is still being read.
    await Promise.allSettled(running)
  }
}

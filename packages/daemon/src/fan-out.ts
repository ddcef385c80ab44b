/**
 * Runs `work` for every item, at most `limit` at once, as a sliding window: a slow host never holds
 * up the ones behind it. All are awaited even when one throws; the first error is thrown at the end.
 */
export async function fanOut<T, R>(
  items: readonly T[],
  { limit, work }: { limit: number; work: (item: T) => Promise<R> },
): Promise<R[]> {
  const results: R[] = [];
  const errors: unknown[] = [];
  let next = 0;
  async function worker(): Promise<void> {
    for (;;) {
      const index = next;
      next += 1;
      const item = items[index];
      if (index >= items.length || item === undefined) return;
      try {
        results[index] = await work(item);
      } catch (thrown) {
        errors.push(thrown);
      }
    }
  }
  const workers = Math.max(1, Math.min(limit, items.length));
  await Promise.all(Array.from({ length: workers }, worker));
  if (errors.length > 0) throw errors[0];
  return results;
}

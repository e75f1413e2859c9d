/**
 * The results in the order of the items, of which so many are worked on at a time. After a failure none is begun, and it is
 * told when those that were have ended.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  action: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  let hasFailed = false;
  const work = async () => {
    for (const [index, item] of left) {
      if (hasFailed) {
        return;
      }
      try {
        results[index] = await action(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, work));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) {
    throw failed.reason;
  }
  return results;
}

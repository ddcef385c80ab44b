/** The length to which the longest have to be cut, so that all together are within the sum; Infinity when they are. */
export function fairShare(sizes: readonly number[], sum: number): number {
  let left = sum;
  let count = sizes.length;
  for (const size of sizes.toSorted((a, b) => a - b)) {
    if (size * count > left) return Math.floor(left / count);
    left -= size;
    count -= 1;
  }
  return Number.POSITIVE_INFINITY;
}

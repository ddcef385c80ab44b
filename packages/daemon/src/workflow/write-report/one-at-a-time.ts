const running = new Map<string, Promise<unknown>>();

/**
 * Writers of one report inside this daemon, one after another; two desks may have the same request
 * open. Writers elsewhere are met by comparing contents.
 */
export async function oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = running.get(key);
  const mine = (async () => {
    await before?.catch(() => undefined);
    return work();
  })();
  running.set(key, mine);
  try {
    return await mine;
  } finally {
    if (running.get(key) === mine) running.delete(key);
  }
}

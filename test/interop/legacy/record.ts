/** A lock file as the peers read it: `<epoch>:<user>:<pid>[:<comment>]`, the first line alone. */
export interface Record {
  /** Seconds; null where the text is no number. */
  readonly epoch: number | null;
  readonly user: string;
  readonly pid: number;
  readonly comment: string;
}

/**
 * @returns null for the empty file, which is no lock
 * @throws for what is no record: the peers stop there
 */
export function parseRecord(bytes: Buffer): Record | null {
  if (bytes.length === 0) return null;
  const line = (bytes.toString("utf8").split("\n")[0] ?? "").trim();
  const [epoch, user, pid, ...comment] = line.split(":");
  if (epoch === undefined || user === undefined || pid === undefined)
    throw new Error(`no lock record: ${line}`);
  if (!/^\s*[+-]?\d+\s*$/.test(pid)) throw new Error(`no process id: ${pid}`);
  const seconds = /^\d+$/.test(epoch) ? Number(epoch) : null;
  return { epoch: seconds, user, pid: Number(pid), comment: comment.join(":") };
}

export function formatRecord({ epoch, user, pid, comment }: Record): string {
  return `${epoch}:${user}:${pid}${comment === "" ? "" : `:${comment}`}`;
}

/** The request that a pool lock's comment names: third of at least three words that begin `mtui pool`. */
export function requestOf(comment: string): string {
  const [first, second, third] = comment.split(/\s+/).filter((word) => word !== "");
  return first === "mtui" && second === "pool" && third !== undefined ? third : "";
}

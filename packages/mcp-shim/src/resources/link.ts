/** What resources need of the connection: reading calls, which may be sent twice. */
export interface ReadLink {
  /** @throws MtuiError what the daemon answers, or why there is none */
  call(request: {
    readonly method: string;
    readonly params: Record<string, unknown>;
    readonly signal: AbortSignal;
    readonly repeatable: boolean;
    readonly timeoutMs?: number;
    /** Starts no daemon, and is not sent twice. */
    readonly passive?: boolean;
  }): Promise<unknown>;
}

/** One request for a resource. */
export interface Reading {
  readonly link: ReadLink;
  readonly signal: AbortSignal;
  /** Bytes of what is shown. */
  readonly budget: number;
}

/** The same without starting a daemon. */
export function passive(reading: Reading): Reading {
  return { ...reading, link: { call: (request) => reading.link.call({ ...request, passive: true }) } };
}

const TIMEOUT_MS = 30_000;

/** The answer of a reading operation, as its result in the registry. */
export async function ask<R>(
  { link, signal }: Pick<Reading, "link" | "signal">,
  method: string,
  params: Record<string, unknown> = {},
): Promise<R> {
  return (await link.call({ method, params, signal, repeatable: true, timeoutMs: TIMEOUT_MS })) as R;
}

/** What resources need of the connection: reading calls, which may be sent twice. */
export interface ReadLink {
  /** @throws MtuiError what the daemon answers, or why there is none */
  call(request: {
    readonly method: string;
    readonly params: Record<string, unknown>;
    readonly signal: AbortSignal;
    readonly repeatable: boolean;
    readonly timeoutMs?: number;
  }): Promise<unknown>;
}

/** One request for a resource. */
export interface Reading {
  readonly link: ReadLink;
  readonly signal: AbortSignal;
  /** Bytes of what is shown. */
  readonly budget: number;
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

/** What resources need of the connection: reading calls, which may be sent twice. */
export interface ReadLink {
  /** @throws MtuiError what the daemon answers, or why there is none */
  call(request: {
    readonly method: string;
    readonly params: Record<string, unknown>;
    readonly signal: AbortSignal;
    readonly repeatable: boolean;
  }): Promise<unknown>;
}

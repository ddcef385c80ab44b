/** Every limit of this server in time, in milliseconds (docs/mcp.md, "Limits"). */
export interface Limits {
  /** A call that only reads. */
  readonly readMs: number;
  /** A call that changes something and is not a job. */
  readonly changeMs: number;
  /** From asking for a job to its id. */
  readonly startMs: number;
  /** A slow call in the foreground; its job may go on longer. */
  readonly slowMs: number;
  /** Telling the daemon to cancel a job whose caller has cancelled the call. */
  readonly cancelMs: number;
  /** The longest wait of `job_wait` and of other reads that wait: some clients cut calls at 60 s. */
  readonly waitMs: number;
  /** On top of the wait that a read asked for. */
  readonly slackMs: number;
  /** Silence of the daemon while calls are under way, after which it is asked for a sign of life. */
  readonly quietMs: number;
  /** In which it must give one; then it counts as hung. */
  readonly signMs: number;
  /** Between two heartbeats of a connection. */
  readonly beatMs: number;
  /** Between two progress notifications of one call. */
  readonly progressMs: number;
  /** Without news, the last one is sent again. */
  readonly keepAliveMs: number;
  /** Between two looks at the daemon's events for subscriptions, and so between two updates of one resource. */
  readonly followMs: number;
  /** A person's answer to a question. */
  readonly confirmMs: number;
}

export const LIMITS: Limits = {
  readMs: 60_000,
  changeMs: 300_000,
  startMs: 60_000,
  slowMs: 2 * 3_600_000,
  cancelMs: 30_000,
  waitMs: 45_000,
  slackMs: 15_000,
  quietMs: 10_000,
  signMs: 10_000,
  beatMs: 60_000,
  progressMs: 1_000,
  keepAliveMs: 10_000,
  followMs: 1_000,
  confirmMs: 300_000,
};

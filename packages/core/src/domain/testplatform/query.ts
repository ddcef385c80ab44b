/** One architecture's query of a testplatform line (docs/formats/refhosts.md, "Testplatform queries"). */
export interface PlatformQuery {
  /** Empty: any architecture. */
  readonly arch: string;
  /** `null`: any product. */
  readonly base: QueriedProduct | null;
  readonly addons: readonly QueriedProduct[];
}

export interface QueriedProduct {
  readonly name: string;
  /** `null`: any version, also none. */
  readonly version: QueriedVersion | null;
}

export interface QueriedVersion {
  readonly major: number | string;
  /** Absent: any; `""`: the candidate must have none; else equal in type and value. */
  readonly minor?: number | string;
}

import type { Claim } from "../arbiter/claim.ts";

/**
 * Leave to look at a host without a claim: reads alone, a bounded number at a time. Minted by the
 * prober; nominal by its private field, like `Claim`.
 */
export class Probe {
  readonly hostName: string;
  readonly #minted = true;

  private constructor(hostName: string) {
    this.hostName = hostName;
  }

  static mint(hostName: string): Probe {
    return new Probe(hostName);
  }

  static is(value: unknown): value is Probe {
    return typeof value === "object" && value !== null && #minted in value;
  }
}

/** Without one of these no connection opens. */
export type Grant = Claim | Probe;

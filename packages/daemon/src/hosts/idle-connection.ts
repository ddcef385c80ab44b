import { isDeepStrictEqual } from "node:util";
import { MtuiError } from "@mtui/core/protocol";
import { Claim } from "../arbiter/claim.ts";
import type { SshTarget } from "../ssh/index.ts";
import type { LiveConnection } from "./live-connection.ts";

/**
 * A connection whose claim has ended: nothing can be done with it but close it, until somebody shows a
 * claim to the same host. A probe does not do, nor does the claim that had it.
 */
export class IdleConnection {
  readonly hostKey: string;
  readonly #live: LiveConnection;
  #over = false;

  constructor(hostKey: string, live: LiveConnection) {
    this.hostKey = hostKey;
    this.#live = live;
  }

  get connected(): boolean {
    return !this.#over && this.#live.connected;
  }

  get gone(): Promise<unknown> {
    return this.#live.gone;
  }

  /** Would a new connection go the same way, as the same user, with the same keys? */
  leadsAs(route: readonly SshTarget[]): boolean {
    return isDeepStrictEqual(this.#live.route, route);
  }

  /** @throws MtuiError internal without a claim to this very host, and when it is not there any more */
  take(claim: Claim): LiveConnection {
    if (!Claim.is(claim) || claim.hostKey !== this.hostKey || this.#over)
      throw new MtuiError("internal", "A connection was asked for without a claim.");
    this.#over = true;
    return this.#live;
  }

  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#live.close();
  }
}

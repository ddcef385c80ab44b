import { MtuiError } from "@mtui/core/protocol";

export interface Loss {
  /** As the workspace knows the host. */
  readonly host: string;
  /** The workspace that has it now. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason: string;
}

/** Losses remembered of one workspace; the oldest go first. */
const MOST = 200;

/**
 * Hosts that others took over from a workspace. Its next call is told, whichever it is, so that work on
 * "all hosts" does not go on with fewer unnoticed; a call that names such a host is told each time.
 */
export class LostHosts {
  readonly #workspace: string;
  readonly #losses = new Map<string, Loss>();
  readonly #untold = new Set<string>();

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  remember(loss: Loss): void {
    this.#losses.delete(loss.host);
    this.#losses.set(loss.host, loss);
    this.#untold.add(loss.host);
    for (const host of this.#losses.keys()) {
      if (this.#losses.size <= MOST) break;
      this.#losses.delete(host);
      this.#untold.delete(host);
    }
  }

  /**
   * @param asked the hosts that a call names; none = all
   * @param has what the workspace has now: a host that it got back is not lost
   * @throws MtuiError claim.lost
   */
  assertTold(asked: readonly string[], has: ReadonlyMap<string, unknown>): void {
    const lost = [...this.#losses.values()].filter(({ host }) => !has.has(host));
    const news = lost.filter(({ host }) => this.#untold.has(host));
    const named = lost.filter(({ host }) => asked.includes(host));
    // Nobody is told later of what is over.
    for (const host of this.#untold) if (has.has(host)) this.#untold.delete(host);
    const tell = named.length > 0 ? named : news;
    for (const { host } of tell) this.#untold.delete(host);
    if (tell.length > 0) throw claimLost(tell, this.#workspace);
  }
}

function claimLost(losses: readonly Loss[], workspace: string): MtuiError {
  const told = losses.map(
    ({ host, by, at, reason }) =>
      `${host} was taken over by workspace ${by} at ${new Date(at).toISOString().slice(0, 19)}Z: ${reason}`,
  );
  const names = losses.map(({ host }) => `-t ${host}`).join(" ");
  return new MtuiError("claim.lost", `Nothing was done: ${told.join("; ")}.`, {
    hint: `Go on with what is left by asking again, or queue for it: mtuictl add-host -w ${workspace} ${names}; mtuictl queue shows who has it.`,
    data: { hosts: losses.map((loss) => ({ ...loss })) },
  });
}

import { MtuiError } from "@mtui/core/protocol";

export interface Loss {
  /** As the workspace knows the host. */
  readonly host: string;
  /** The workspace that has it now; null when somebody else's lock was found there. */
  readonly by: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason: string;
}

/** Where the losses of a workspace are written down. None of these throw. */
export interface LossJournal {
  /** @param told the workspace was told, and has asked for something since */
  save(loss: Loss, told: boolean): void;
  forget(hosts: readonly string[]): void;
}

/** Losses remembered of one workspace; the oldest go first. */
const MOST = 200;
/** In the daemon's next life only what is younger than this. */
const KEEP_MS = 7 * 24 * 3600_000;

/**
 * Hosts that a workspace has lost to others. Its next call is told, whichever it is, so that work on
 * "all hosts" does not go on with fewer unnoticed; a call that names such a host is told each time.
 * Whether an answer was heard nobody knows before somebody asks again: until then the daemon's next life
 * tells it once more.
 */
export class LostHosts {
  readonly #workspace: string;
  readonly #journal: LossJournal | undefined;
  readonly #losses = new Map<string, Loss>();
  readonly #untold = new Set<string>();
  /** Told, and perhaps not heard. */
  readonly #unheard = new Set<string>();

  constructor(workspace: string, journal?: LossJournal) {
    this.#workspace = workspace;
    this.#journal = journal;
  }

  /** To be called before the host is lost: a daemon that dies in between has it still, and is not told. */
  remember(loss: Loss): void {
    this.#add(loss);
    this.#journal?.save(loss, false);
  }

  /** What a former life of the daemon wrote down. */
  restore(losses: readonly (Loss & { told: boolean })[], { now }: { now: number }): void {
    const young = losses.filter(({ at }) => now - at <= KEEP_MS).toSorted((a, b) => a.at - b.at);
    for (const { told, ...loss } of young) {
      this.#add(loss);
      if (told) this.#untold.delete(loss.host);
    }
    this.forget(losses.map(({ host }) => host).filter((host) => !this.#losses.has(host)));
  }

  /** It is the workspace's again, or was never lost. */
  forget(hosts: readonly string[]): void {
    if (hosts.length === 0) return;
    for (const each of [this.#losses, this.#untold, this.#unheard])
      for (const host of hosts) each.delete(host);
    this.#journal?.forget(hosts);
  }

  /**
   * @param asked the hosts that a call names; none = all
   * @param has what the workspace has now: a host that it got back is not lost
   * @throws MtuiError claim.lost
   */
  assertTold(asked: readonly string[], has: ReadonlyMap<string, unknown>): void {
    this.forget([...this.#losses.keys()].filter((host) => has.has(host)));
    this.#heard();
    const lost = [...this.#losses.values()];
    const named = lost.filter(({ host }) => asked.includes(host));
    const tell = named.length > 0 ? named : lost.filter(({ host }) => this.#untold.has(host));
    for (const { host } of tell) if (this.#untold.delete(host)) this.#unheard.add(host);
    if (tell.length > 0) throw claimLost(tell, this.#workspace);
  }

  /** Somebody asks again. */
  #heard(): void {
    for (const host of this.#unheard) {
      const loss = this.#losses.get(host);
      if (loss !== undefined) this.#journal?.save(loss, true);
    }
    this.#unheard.clear();
  }

  #add(loss: Loss): void {
    this.#losses.delete(loss.host);
    this.#losses.set(loss.host, loss);
    this.#unheard.delete(loss.host);
    this.#untold.add(loss.host);
    const tooMany = [...this.#losses.keys()].slice(0, Math.max(0, this.#losses.size - MOST));
    this.forget(tooMany);
  }
}

function claimLost(losses: readonly Loss[], workspace: string): MtuiError {
  const told = losses.map(({ host, by, at, reason }) => {
    const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
    return by === null
      ? `${reason.replace(/\.$/, "")} (seen at ${time})`
      : `${host} was taken over by workspace ${by} at ${time}: ${reason}`;
  });
  const names = losses.map(({ host }) => `-t ${host}`).join(" ");
  return new MtuiError("claim.lost", `Nothing was done: ${told.join("; ")}.`, {
    hint: `Go on with what is left by asking again, or queue for it: mtuictl add-host -w ${workspace} ${names}; mtuictl queue shows who has it.`,
    data: { hosts: losses.map((loss) => ({ ...loss })) },
  });
}

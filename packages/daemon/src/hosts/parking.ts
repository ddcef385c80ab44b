import type { Clock } from "@mtui/core/clock";
import type { SshTarget } from "../ssh/index.ts";
import type { IdleConnection } from "./idle-connection.ts";

export interface ParkingLimits {
  /** Connections at once; 0 = none are kept. */
  readonly places: number;
  /** Milliseconds that one is kept. */
  readonly ms: number;
}

/**
 * A pool of thirty hosts changes hands completely without a new connection, and a host that nobody
 * wants for half a minute costs nothing: what is kept is one idle sshd there, and about a megabyte here.
 */
export const PARKING: ParkingLimits = { places: 32, ms: 30_000 };

export interface Parked<T> {
  readonly connection: IdleConnection;
  /** What the former owner knew of the host. */
  readonly known: T;
}

/**
 * Connections between two claims, one a host. Each leaves in exactly one way: the next claim takes it,
 * its time is over, others need the place, it breaks, or the daemon ends.
 */
export class Parking<T> implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #limits: ParkingLimits;
  /** Oldest first. */
  readonly #parked = new Map<string, Parked<T> & { readonly stop: () => void }>();
  /** Being closed; the end waits for them. */
  readonly #closing = new Set<Promise<void>>();
  #over = false;

  constructor(clock: Clock, limits: ParkingLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  put(parked: Parked<T>): void {
    const { connection } = parked;
    if (this.#over || this.#limits.places === 0 || !connection.connected) {
      this.#close(connection);
      return;
    }
    this.#remove(connection.hostKey);
    const [oldest] = this.#parked.keys();
    if (oldest !== undefined && this.#parked.size >= this.#limits.places) this.#remove(oldest);
    const stop = this.#clock.after(this.#limits.ms, () => this.#removeThis(connection));
    this.#parked.set(connection.hostKey, { ...parked, stop });
    void connection.gone.then(() => this.#removeThis(connection));
  }

  /** The one of this host, if it stands and a new connection would be the same. Whoever takes it has to close it. */
  take(hostKey: string, route: readonly SshTarget[]): Parked<T> | null {
    const parked = this.#parked.get(hostKey);
    if (parked === undefined) return null;
    const { connection, known, stop } = parked;
    if (!connection.connected || !connection.leadsAs(route)) {
      this.#remove(hostKey);
      return null;
    }
    stop();
    this.#parked.delete(hostKey);
    return { connection, known };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    for (const key of [...this.#parked.keys()]) this.#remove(key);
    await Promise.all(this.#closing);
  }

  #removeThis(connection: IdleConnection): void {
    if (this.#parked.get(connection.hostKey)?.connection === connection) this.#remove(connection.hostKey);
  }

  #remove(hostKey: string): void {
    const parked = this.#parked.get(hostKey);
    if (parked === undefined) return;
    parked.stop();
    this.#parked.delete(hostKey);
    this.#close(parked.connection);
  }

  #close(connection: IdleConnection): void {
    const closing = connection.close().catch(() => undefined);
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }
}

import { createServer, connect, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Endpoint, WireFault } from "./protocol.ts";

/** Chunks of one direction that may be under way before the sender has to wait. */
const MOST_WAITING = 256;

/** The two ends of one proxied connection. `half` = the host's end is gone and the client not told. */
interface Link {
  client: Socket;
  host: Socket;
  half: boolean;
  fromHost: number;
}

/** The network before one host: a TCP proxy that can misbehave on demand. */
export class Wire {
  readonly #target: Endpoint;
  readonly #listen: Endpoint;
  readonly #links = new Set<Link>();
  readonly #swallowed = new Set<Socket>();
  #server: Server | null = null;
  #fault: WireFault = {};
  #thaw: (() => void)[] = [];

  constructor(listen: Endpoint, target: Endpoint) {
    this.#listen = listen;
    this.#target = target;
  }

  open(): Promise<void> {
    const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (client) =>
      this.#accept(client),
    );
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ ...this.#listen, backlog: 256 }, () => resolve());
    });
  }

  /** Replace the wire's behaviour; `{}` makes it whole again. */
  async behave(fault: WireFault): Promise<void> {
    this.#fault = fault;
    if (fault.halfOpen === true) {
      for (const link of this.#links) {
        link.half = true;
        link.host.destroy();
      }
    }
    if (fault.refuse === true) {
      const server = this.#server;
      this.#server = null;
      // Only the listening ends: connections that exist live on, as behind a firewall change.
      server?.close();
    } else if (this.#server === null) {
      await this.open();
    }
    if (fault.freeze !== true) {
      for (const go of this.#thaw.splice(0)) go();
    }
  }

  /** Break every connection now, with a reset both ways. */
  cut(): void {
    for (const link of this.#links) {
      link.client.resetAndDestroy();
      link.host.resetAndDestroy();
    }
    for (const client of this.#swallowed) client.resetAndDestroy();
  }

  #accept(client: Socket): void {
    client.on("error", () => client.destroy());
    if (this.#fault.swallow === true || this.#fault.halfOpen === true) {
      this.#swallowed.add(client);
      client.once("close", () => this.#swallowed.delete(client));
      client.resume();
      return;
    }
    const host = connect({ ...this.#target, noDelay: true, allowHalfOpen: true });
    const link: Link = { client, host, half: false, fromHost: 0 };
    this.#links.add(link);
    host.on("error", () => {
      if (!link.half) client.resetAndDestroy();
    });
    host.once("connect", () => {
      this.#carry(link, client, host);
      this.#carry(link, host, client);
    });
    client.once("close", () => {
      this.#links.delete(link);
      host.destroy();
    });
    host.once("close", () => {
      if (!link.half) client.destroySoon();
    });
  }

  /** Copy one direction; each chunk waits for the one before it, so that order survives delay and freeze. */
  #carry(link: Link, from: Socket, to: Socket): void {
    let last: Promise<void> | null = null;
    let waiting = 0;
    const after = (work: () => void) => {
      const { delayMs = 0, freeze = false } = this.#fault;
      if (last === null && delayMs === 0 && !freeze) {
        work();
        return;
      }
      const due = performance.now() + delayMs;
      waiting += 1;
      if (freeze || waiting > MOST_WAITING) from.pause();
      const mine: Promise<void> = (last ?? Promise.resolve())
        .then(() => pause(Math.max(0, due - performance.now())))
        .then(() => this.#thawed())
        .then(work)
        .then(() => {
          waiting -= 1;
          if (waiting === 0) from.resume();
          if (last === mine) last = null;
        });
      last = mine;
    };
    from.on("data", (chunk: Buffer) =>
      after(() => {
        if (to.destroyed) return;
        if (from === link.host) link.fromHost += chunk.length;
        const limit = this.#fault.cutAfterBytes;
        if (limit !== undefined && link.fromHost > limit) {
          link.client.resetAndDestroy();
          link.host.resetAndDestroy();
          return;
        }
        if (!to.write(chunk)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      }),
    );
    from.on("end", () =>
      after(() => {
        if (!link.half && !to.destroyed) to.end();
      }),
    );
    from.resume();
  }

  async #thawed(): Promise<void> {
    while (this.#fault.freeze === true) await new Promise<void>((go) => this.#thaw.push(go));
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { MtuiError } from "@mtui/core/protocol";
import { unlessAborted } from "../unless-aborted.ts";
import { type Permit, Semaphore } from "./semaphore.ts";
import { Ssh2Shell } from "./ssh2-shell.ts";
import { type SshTarget, sshCommandLine } from "./target.ts";
import type { RemoteShell, Transport } from "./transport.ts";

/** sshd allows 10 sessions a connection by default and refuses the eleventh; one place is reserved. */
const COMMON_CHANNELS = 7;
const CLOSE_MS = 2000;
const REFUSED_MS = 5000;

/** Understood by every login shell, also by csh and fish; everything else goes through its stdin. */
const SHELL_COMMAND = "exec /bin/sh";

/** The ssh2 implementation; its `error` listener was attached before connecting and stays. */
export class Ssh2Transport implements Transport {
  readonly closed: Promise<MtuiError>;
  readonly #client: Client;
  /** What the library runs on. Its own `destroy` does nothing once `end` was called. */
  readonly #socket: Duplex;
  readonly #target: SshTarget;
  readonly #common = new Semaphore(COMMON_CHANNELS);
  readonly #reserved = new Semaphore(1);
  /** Told when the link is lost. */
  readonly #watchers = new Set<() => void>();
  readonly #over: () => void;
  #connected = true;
  #reason: string = "the connection was closed";

  constructor(client: Client, { target, socket }: { target: SshTarget; socket: Duplex }) {
    this.#client = client;
    this.#socket = socket;
    this.#target = target;
    client.on("error", (error: Error) => {
      this.#reason = error.message;
    });
    const { promise, resolve } = Promise.withResolvers<MtuiError>();
    this.closed = promise;
    this.#over = (): void => {
      if (!this.#connected) return;
      this.#connected = false;
      resolve(this.#lost());
      for (const watcher of this.#watchers) watcher();
      this.#watchers.clear();
    };
    client.once("close", this.#over);
    // A half-open peer would otherwise keep the socket.
    client.once("end", () => this.destroy());
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Shells that are open or being opened, as far as the end of the link concerns them. */
  get watchers(): number {
    return this.#watchers.size;
  }

  async openShell({
    reserved,
    once,
    signal,
  }: {
    reserved?: boolean;
    once?: boolean;
    signal?: AbortSignal;
  } = {}): Promise<RemoteShell> {
    const places = reserved === true ? this.#reserved : this.#common;
    const permit = await places.acquire(signal);
    try {
      return await (once === true ? this.#exec(permit) : this.#execPatiently(permit, signal));
    } catch (error) {
      permit();
      throw error;
    }
  }

  /** A host that allows fewer sessions than usual, or has not yet noticed the end of one, is asked again. */
  async #execPatiently(permit: Permit, signal: AbortSignal | undefined): Promise<RemoteShell> {
    const deadline = performance.now() + REFUSED_MS;
    for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
      try {
        return await unlessAborted(this.#exec(permit), { signal, late: (shell) => shell.destroy() });
      } catch (error) {
        const refused = error instanceof MtuiError && error.kind === "host.unsupported";
        if (!refused || performance.now() + pause > deadline) throw error;
        await sleep(pause, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  async #exec(permit: Permit): Promise<RemoteShell> {
    return await new Promise<RemoteShell>((resolve, reject) => {
      if (!this.#connected) {
        reject(this.#lost());
        return;
      }
      const onLinkLost = (run: () => void): (() => void) => this.#watch(run);
      // The callback never comes after a loss of the link.
      const unwatch = this.#watch(() => reject(this.#lost()));
      try {
        this.#client.exec(SHELL_COMMAND, (error: Error | undefined, channel: ClientChannel) => {
          unwatch();
          if (!this.#connected) reject(this.#lost());
          else if (error) reject(this.#refused(error));
          else resolve(new Ssh2Shell(channel, { onGone: permit, onLinkLost }));
        });
      } catch {
        unwatch();
        reject(this.#lost());
      }
    });
  }

  #watch(run: () => void): () => void {
    this.#watchers.add(run);
    return () => void this.#watchers.delete(run);
  }

  async forward(host: string, port: number): Promise<Duplex> {
    return await new Promise<Duplex>((resolve, reject) => {
      const unwatch = this.#watch(() => reject(this.#lost()));
      try {
        this.#client.forwardOut(
          "127.0.0.1",
          0,
          host,
          port,
          (error: Error | undefined, channel: ClientChannel) => {
            unwatch();
            if (!error) {
              resolve(channel);
              return;
            }
            reject(
              new MtuiError(
                "host.unreachable",
                `${this.#target.name} cannot reach ${host}:${port}: ${error.message}`,
                {
                  hint: `Try it by hand: ssh -J ${this.#target.user}@${this.#target.name} root@${host}`,
                  retryable: true,
                  cause: error,
                },
              ),
            );
          },
        );
      } catch {
        unwatch();
        reject(this.#lost());
      }
    });
  }

  async close(): Promise<void> {
    if (this.#connected) {
      this.#client.end();
      const timer = setTimeout(() => this.destroy(), CLOSE_MS);
      await this.closed;
      clearTimeout(timer);
    }
    this.destroy();
  }

  /** A socket that is a channel of a hop closes when the other side says so: nothing here waits for that. */
  destroy(): void {
    this.#socket.destroy();
    this.#over();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #lost(): MtuiError {
    return new MtuiError("host.lost", `The connection to ${this.#target.name} is lost: ${this.#reason}`, {
      hint: `See whether the host answers: ${sshCommandLine(this.#target)}`,
      data: { host: this.#target.name },
      retryable: true,
    });
  }

  #refused(cause: Error): MtuiError {
    return new MtuiError(
      "host.unsupported",
      `${this.#target.name} refuses to start a command: ${cause.message}`,
      {
        hint: "Its sshd must allow 10 sessions a connection (MaxSessions) and no forced command.",
        data: { host: this.#target.name },
        cause,
      },
    );
  }
}

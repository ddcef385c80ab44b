import { spawnSync } from "node:child_process";
import { MtuiError } from "@mtui/core/protocol";
import type {
  Dial,
  RemoteShell,
  ShellSink,
  SshTarget,
  Transport,
} from "../../../packages/daemon/src/ssh/index.ts";

/** What connecting costs with ssh2 and one key: TCP, versions, key exchange, service, authentication. */
const CONNECT = 5;

/** Turns of the event loop between a request and its answer: whatever is sent without waiting is sent by then. */
const TURNS = 25;

/**
 * Connections to this very machine without a network: each request of a control shell is run by
 * `/bin/sh`, with its files where the connector was told to have them. What is counted is the depth of
 * "sent after the answer to": requests that do not wait for each other share a round trip, however long
 * they take. So the count is the same on any machine.
 */
export class CountedWire {
  /** Round trips so far, on the longest chain of question and answer. */
  trips = 0;
  dials = 0;
  readonly transports: WireTransport[] = [];
  /** Requests are taken and never answered, and nobody is told. */
  frozen = false;
  /** Requests that a frozen wire took. */
  swallowed = 0;
  /** Requests are run, and their answers stay away until the connections are cut. */
  hold = false;
  /** Nobody answers a new connection. */
  refuses = false;
  /** Text that is put into each script, before its last line; a host that behaves oddly. */
  meddle: (script: string) => string = (script) => script;
  /** Told of each request before it runs. */
  onRequest: (script: string) => void = () => undefined;

  readonly dial: Dial = async (route) => {
    const target = route.at(-1);
    await this.answered(this.trips + CONNECT);
    if (target === undefined || this.refuses)
      throw new MtuiError("host.unreachable", `Cannot connect to ${target?.name}.`);
    this.dials += 1;
    const transport = new WireTransport(this, target);
    this.transports.push(transport);
    return transport;
  };

  get open(): number {
    return this.transports.filter((each) => each.connected).length;
  }

  /** An answer arrives that had to travel until then. */
  async answered(at: number): Promise<void> {
    for (let count = 0; count < TURNS; count++) await new Promise((resolve) => setImmediate(resolve));
    this.trips = Math.max(this.trips, at);
  }

  /** Every connection breaks. */
  cut(): void {
    this.hold = false;
    for (const transport of this.transports) transport.lose();
  }
}

export class WireTransport implements Transport {
  readonly wire: CountedWire;
  readonly target: SshTarget;
  readonly closed: Promise<MtuiError>;
  readonly shells = new Set<WireShell>();
  connected = true;
  #lost: (reason: MtuiError) => void = () => undefined;

  constructor(wire: CountedWire, target: SshTarget) {
    this.wire = wire;
    this.target = target;
    this.closed = new Promise((resolve) => (this.#lost = resolve));
  }

  async openShell(): Promise<RemoteShell> {
    await this.wire.answered(this.wire.trips + 1);
    if (!this.connected) throw new MtuiError("host.lost", "The connection is lost.");
    const shell = new WireShell(this);
    this.shells.add(shell);
    return shell;
  }

  forward(): never {
    throw new Error("not needed here");
  }

  lose(): void {
    if (!this.connected) return;
    this.connected = false;
    this.#lost(new MtuiError("host.lost", "The connection is lost."));
    for (const shell of this.shells) shell.destroy();
  }

  async close(): Promise<void> {
    this.lose();
  }

  destroy(): void {
    this.lose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lose();
  }
}

/** A control shell: the first thing that it is sent are its functions, then each is one request. */
export class WireShell implements RemoteShell {
  readonly #transport: WireTransport;
  #preamble: string | null = null;
  #sink: ShellSink | null = null;
  #before: Promise<void> = Promise.resolve();
  open = true;

  constructor(transport: WireTransport) {
    this.#transport = transport;
  }

  attach(sink: ShellSink): void {
    this.#sink = sink;
  }

  send(script: string): void {
    if (this.#preamble === null) {
      this.#preamble = script;
      return;
    }
    const { wire } = this.#transport;
    const back = wire.trips + 1;
    this.#before = this.#before.then(async () => {
      await wire.answered(0);
      if (wire.frozen) wire.swallowed += 1;
      if (wire.frozen || !this.open) return;
      wire.onRequest(script);
      const { stdout } = spawnSync("/bin/sh", { input: `${this.#preamble}${wire.meddle(script)}` });
      await wire.answered(back);
      if (wire.hold) return;
      if (this.open) this.#sink?.onOutput("stdout", stdout);
    });
  }

  end(script: string): void {
    this.send(script);
  }

  destroy(): void {
    if (!this.open) return;
    this.open = false;
    this.#transport.shells.delete(this);
    this.#sink?.onClose();
  }
}

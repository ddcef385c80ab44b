import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MtuiError } from "@mtui/core/protocol";
import { expect, vi } from "vitest";
import { Claim } from "../../../packages/daemon/src/arbiter/claim.ts";
import {
  createHostConnector,
  type HeldLock,
  type HostConnector,
  type HostConnectorOptions,
  type HostSession,
  type OpenOptions,
} from "../../../packages/daemon/src/hosts/index.ts";
import type { Dial, RemoteShell, ShellSink, Transport } from "../../../packages/daemon/src/ssh/index.ts";

const OWNER = "d1";

/**
 * A host that is this machine: each channel is a shell of its own, with its home and its locks in a directory of the
 * test. What it starts there runs on when the wire is cut, as it does on a host.
 */
export class LocalWire implements AsyncDisposable {
  /** The account's home. */
  readonly home = mkdtempSync(join(tmpdir(), "mtui-local-"));
  readonly shell: string;
  /** Of the host; "" for none. */
  readonly perl: string;
  /** New connections: made, refused, or never answered. */
  answers: "yes" | "no" | "never" = "yes";
  /** So many milliseconds between two pieces of output that are read: a link that a flood is too much for. */
  lag = 0;
  /** Channels that a connection may have at a time, as sshd's MaxSessions. */
  sessions = 10;
  /** Told of each script that a shell is sent. */
  onScript: (script: string) => void = () => undefined;
  readonly #transports = new Set<LocalTransport>();
  /** Ends of connections that are not answered. */
  readonly #hanging = new Set<() => void>();

  /** More of the account's environment. */
  readonly env: Readonly<Record<string, string>>;

  constructor({
    shell = "/bin/sh",
    perl = "perl",
    env = {},
  }: { shell?: string; perl?: string; env?: Record<string, string> } = {}) {
    this.shell = shell;
    this.perl = perl;
    this.env = env;
    mkdirSync(join(this.home, "locks"));
    writeFileSync(join(this.home, "ssh_config"), "");
  }

  readonly dial: Dial = async (_route, _settings, { signal } = {}) => {
    if (this.answers === "never") {
      await new Promise<never>((_resolve, reject) => {
        const giveUp = (): void => reject(new MtuiError("host.unreachable", "It was never answered."));
        if (signal?.aborted) giveUp();
        signal?.addEventListener("abort", giveUp, { once: true });
        this.#hanging.add(giveUp);
      });
    }
    if (this.answers === "no") throw new MtuiError("host.unreachable", "Nobody answers.");
    const transport = new LocalTransport(this);
    this.#transports.add(transport);
    return transport;
  };

  connector(options: Partial<HostConnectorOptions> = {}): HostConnector {
    return createHostConnector({
      identity: { user: "me+mtuid", pid: 1, daemonId: OWNER },
      ssh: {
        configFile: join(this.home, "ssh_config"),
        strictHostKeyChecking: "auto_add",
        connectTimeoutSeconds: 1,
        authSock: () => undefined,
      },
      locks: { staleAgeSeconds: 86_400, reapStale: true },
      log: () => undefined,
      paths: { lockDir: join(this.home, "locks"), perl: this.perl },
      dial: this.dial,
      ...options,
    });
  }

  async open(connector = this.connector(), options: OpenOptions = {}): Promise<HostSession> {
    const { key } = await connector.resolve("ant");
    const names = { hostName: "ant", workspace: "w", rrid: null, slots: [], since: 0 };
    return await connector.open(Claim.mint({ id: "c", hostKey: key, ...names }), options);
  }

  /** Every connection breaks; what runs runs on. */
  cut(): void {
    for (const transport of this.#transports) transport.destroy();
    this.#transports.clear();
    for (const end of this.#hanging) end();
    this.#hanging.clear();
  }

  /** What is left of commands in the home. */
  get left(): string[] {
    const dir = join(this.home, ".mtuid", OWNER);
    return existsSync(dir) ? readdirSync(dir).toSorted() : [];
  }

  /** A file in the home; null without one. */
  read(name: string): string | null {
    return this.has(name) ? readFileSync(join(this.home, name), "utf8") : null;
  }

  has(name: string): boolean {
    return existsSync(join(this.home, name));
  }

  get operationLock(): string | null {
    return this.read("locks/mtui.lock");
  }

  /** Ends with the home, and so does whoever reports the end of a command there: nobody spins on files that are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.answers = "no";
    this.cut();
    // What is at its last lines there may still write into it.
    await rm(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    await vi.waitFor(() => expect(reportersIn(this.home)).toEqual([]), { timeout: 10_000 });
  }
}

/** Shells and pumps that work in this directory, which may be gone. */
function reportersIn(home: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const there = readlinkSync(`/proc/${pid}/cwd`).startsWith(home);
      return (
        there && /^(?:sh|dash|bash|tee|perl|mtui-runner.*)$/m.test(readFileSync(`/proc/${pid}/comm`, "utf8"))
      );
    } catch {
      return false;
    }
  });
}

/** @throws when somebody else has it */
export async function lockOf(session: HostSession): Promise<HeldLock> {
  const taking = await session.takeLock("operation", { operation: "run", rrid: null, workspace: "w" });
  if (taking.state !== "taken") throw new Error(JSON.stringify(taking));
  return taking.lock;
}

class LocalTransport implements Transport {
  readonly closed: Promise<MtuiError>;
  connected = true;
  readonly #wire: LocalWire;
  readonly #shells = new Set<LocalShell>();
  readonly #over: (reason: MtuiError) => void;

  constructor(wire: LocalWire) {
    this.#wire = wire;
    const { promise, resolve } = Promise.withResolvers<MtuiError>();
    this.closed = promise;
    this.#over = resolve;
  }

  async openShell({ once = false }: { once?: boolean } = {}): Promise<RemoteShell> {
    const refused = (): boolean => this.#shells.size >= this.#wire.sessions;
    if (!once) await vi.waitFor(() => expect(refused()).toBe(false), { timeout: 5000, interval: 10 });
    if (!this.connected) throw new MtuiError("host.lost", "The connection is lost.");
    if (refused()) throw new MtuiError("host.unsupported", "It allows no more sessions.");
    const shell = new LocalShell(this.#wire, () => this.#shells.delete(shell));
    this.#shells.add(shell);
    return shell;
  }

  forward(): never {
    throw new Error("not needed here");
  }

  destroy(): void {
    if (!this.connected) return;
    this.connected = false;
    this.#over(new MtuiError("host.lost", "The connection is lost."));
    for (const shell of this.#shells) shell.destroy();
  }

  async close(): Promise<void> {
    this.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
  }
}

class LocalShell implements RemoteShell {
  open = true;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #wire: LocalWire;
  readonly #gone: () => void;
  #sink: ShellSink | null = null;

  constructor(wire: LocalWire, gone: () => void) {
    this.#wire = wire;
    this.#gone = gone;
    // By this name bash keeps to POSIX, as a host's /bin/sh does.
    const env = { PATH: process.env["PATH"], HOME: wire.home, SHELL: wire.shell, ...wire.env };
    this.#process = spawn(wire.shell, { argv0: "sh", detached: true, cwd: wire.home, env });
    const { stdin, stdout, stderr } = this.#process;
    for (const stream of [stdin, stdout, stderr]) stream.on("error", () => undefined);
    stdout.on("data", (chunk: Buffer) => {
      if (this.open) this.#sink?.onOutput("stdout", chunk);
      if (this.#wire.lag === 0) return;
      stdout.pause();
      setTimeout(() => stdout.resume(), this.#wire.lag);
    });
    stderr.on("data", (chunk: Buffer) => this.open && this.#sink?.onOutput("stderr", chunk));
    this.#process.once("close", () => this.#over());
    this.#process.once("error", () => this.#over());
  }

  attach(sink: ShellSink): void {
    this.#sink = sink;
    if (!this.open) queueMicrotask(() => sink.onClose());
  }

  send(script: string): void {
    this.#wire.onScript(script);
    if (this.open) this.#process.stdin.write(script);
  }

  end(script: string): void {
    this.#wire.onScript(script);
    if (this.open) this.#process.stdin.end(script);
  }

  /** As when a channel ends: nobody reads any more, and the shell is not told. */
  destroy(): void {
    if (!this.open) return;
    for (const stream of [this.#process.stdin, this.#process.stdout, this.#process.stderr]) stream.destroy();
    this.#over();
  }

  #over(): void {
    if (!this.open) return;
    this.open = false;
    this.#gone();
    this.#sink?.onClose();
  }
}

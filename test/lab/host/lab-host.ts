import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Observation, readEvents } from "../observe/events.ts";
import type { Ended } from "../process.ts";
import type { Services } from "../services/client.ts";
import type { Endpoint, WireFault } from "../services/protocol.ts";
import type { ResolvedSpec } from "../spec.ts";
import { waitUntil } from "../wait.ts";
import type { HostMachine, OnReboot } from "./host-machine.ts";
import { greets } from "./machine.ts";
import { newHostKey } from "./prepare.ts";

export interface ExecOptions {
  input?: string | Buffer;
  /** Milliseconds. @default 60_000 */
  timeoutMs?: number;
}

export interface LabHostParts {
  spec: ResolvedSpec;
  dir: string;
  machine: HostMachine;
  services: Services;
  listen: Endpoint;
  sshd: Endpoint;
  hostKey: string;
}

/** One host of the lab, with everything a test may do to it. */
export class LabHost {
  readonly #machine: HostMachine;
  readonly #services: Services;
  readonly #dir: string;
  readonly spec: ResolvedSpec;
  /** Where the world reaches it: through its wire. */
  readonly address: string;
  readonly port: number;
  /** The sshd itself, without the wire; for measurements alone. */
  readonly sshd: Endpoint;
  /** Public host key, `ssh-ed25519 AAAA...`. */
  hostKey: string;

  constructor(parts: LabHostParts) {
    this.#machine = parts.machine;
    this.#services = parts.services;
    this.#dir = parts.dir;
    this.spec = parts.spec;
    this.address = parts.listen.host;
    this.port = parts.listen.port;
    this.sshd = parts.sshd;
    this.hostKey = parts.hostKey;
  }

  get kind(): HostMachine["kind"] {
    return this.#machine.kind;
  }

  /** Throws on hosts that have no root of their own, where the fault would hit this very machine. */
  requireReal(what: string): void {
    if (this.kind !== "real")
      throw new Error(`lab: ${what} needs a real host; ${this.name} is a ${this.kind} one`);
  }

  get name(): string {
    return this.spec.name;
  }

  get up(): boolean {
    return this.#machine.up;
  }

  /** How often it has booted. */
  get boots(): number {
    return this.#machine.boots;
  }

  /** Run a shell command as the host's root, past SSH. */
  exec(command: string, options: ExecOptions = {}): Promise<Ended> {
    return this.#machine.run(command, options);
  }

  /** As `exec`, throws unless the exit status is 0; gives stdout. */
  async must(command: string, options: ExecOptions = {}): Promise<string> {
    const ended = await this.exec(command, options);
    if (ended.exit === 0) return ended.stdout;
    throw new Error(
      `lab: ${this.name}: ${command} ended with ${ended.exit}: ${ended.stderr || ended.stdout}`,
    );
  }

  /** Bytes of a file inside; null if there is none. */
  async readFile(path: string): Promise<string | null> {
    // cat's own word decides: a second look at the path may see another state of it.
    const ended = await this.exec(`LC_ALL=C cat ${quote(path)}`);
    if (ended.exit !== 0 && ended.stderr.includes("No such file or directory")) return null;
    if (ended.exit !== 0) throw new Error(`lab: ${this.name}: cannot read ${path}: ${ended.stderr}`);
    return ended.stdout;
  }

  /** Write exactly these bytes, in place and without atomicity, as other programs do. */
  async writeFile(path: string, content: string | Buffer): Promise<void> {
    await this.must(`exec cat > ${quote(path)}`, { input: content });
  }

  /** `version-release` of one installed package; null if it is not installed. */
  async installed(name: string): Promise<string | null> {
    const ended = await this.exec(`rpm -q --queryformat '%{NAME} %{VERSION}-%{RELEASE}\\n' ${quote(name)}`);
    return ended.exit === 0 ? (ended.stdout.trim().split(" ")[1] ?? null) : null;
  }

  /** Everything the observer recorded, oldest first. */
  observed(): Observation[] {
    return readEvents(join(this.#machine.share, "events"));
  }

  /** Change the network before this host; `{}` makes it whole. */
  async wire(fault: WireFault): Promise<void> {
    await this.#services.fault(this.name, fault);
  }

  /** Break all its connections now. */
  async cut(): Promise<void> {
    await this.#services.cut(this.name);
  }

  /** Power off at once; the wire then refuses what it cannot pass on. */
  async stop(): Promise<void> {
    await this.#machine.stop();
  }

  async start(): Promise<void> {
    await this.#machine.start();
  }

  /** Ask the host to reboot, as an administrator there would, and wait until it is back. */
  async reboot(): Promise<void> {
    this.requireReal("a reboot");
    const before = this.boots;
    await this.must("systemctl reboot");
    await this.waitForBoot(before);
  }

  /** Wait until the host has come up once more than `after` times. */
  async waitForBoot(after: number, limitMs = 60_000): Promise<void> {
    await waitUntil(
      () => {
        if (this.#machine.failure !== null) throw this.#machine.failure;
        return this.boots > after && this.up;
      },
      { for: `${this.name} to come back`, limitMs },
    );
  }

  /** What the next reboots do; `never` = the host stays off. */
  onReboot(what: OnReboot): void {
    this.#machine.onReboot = what;
  }

  /** `systemctl reboot` then says yes and does nothing. */
  ignoreReboot(on = true): void {
    this.#flag("ignore-reboot", on);
  }

  /** The daemon and all its sessions die; what sessions started lives on only if it left the session. */
  async killSshd(): Promise<void> {
    this.requireReal("killing sshd");
    await this.exec("pkill -KILL -x sshd; :");
    await waitUntil(async () => !(await greets(this.sshd)), { for: `sshd of ${this.name} to be dead` });
  }

  async startSshd(): Promise<void> {
    this.requireReal("starting sshd");
    this.#flag("no-sshd", false);
    await this.must("/usr/sbin/sshd -f /run/lab/sshd_config -E /var/log/sshd.log </dev/null >/dev/null 2>&1");
    await waitUntil(() => greets(this.sshd), { for: `sshd of ${this.name}` });
  }

  /** After the next boot no sshd runs until `startSshd`. */
  withoutSshdAtBoot(on = true): void {
    this.#flag("no-sshd", on);
  }

  /** A new identity, as after a reinstallation; sshd is restarted. */
  async changeHostKey(type: "ed25519" | "ecdsa" | "rsa" = "ed25519"): Promise<void> {
    this.hostKey = await newHostKey(this.#dir, type);
    await this.killSshd();
    await this.startSshd();
  }

  /** Text of a file that only host and lab see; for diagnosis. */
  diagnosis(): string {
    const log = join(this.#dir, "data/var/log/sshd.log");
    return existsSync(log) ? readFileSync(log, "utf8") : "";
  }

  #flag(name: string, on: boolean): void {
    const file = join(this.#machine.share, name);
    if (on) writeFileSync(file, "");
    else rmSync(file, { force: true });
  }
}

/** One shell word. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

import type { HostFacts, LockRecord, ReleaseKey } from "@mtui/core/domain";
import { compareRpmVersions } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import { Claim } from "../../../packages/daemon/src/arbiter/claim.ts";
import type { CommandOutcome } from "../../../packages/daemon/src/hosts/outcome.ts";
import type {
  ExecOptions,
  HeldLock,
  HostSession,
  LockPurpose,
  LockReading,
  LockRelease,
  LockTaking,
  RebootOutcome,
} from "../../../packages/daemon/src/hosts/session.ts";

/** What a repository offers: package versions, and the name of its patch, if it has one. */
export interface FakeRepository {
  offers: Record<string, string>;
  patch?: string;
}

/** What a command answers in place of the model's own answer. */
export type FakeAnswer =
  | { exit: number; stdout?: string; stderr?: string }
  | { state: "lost" | "unreachable" }
  | { state: "timeout"; gone?: boolean };

interface FakeHostOptions {
  name: string;
  release?: ReleaseKey | null;
  installed?: Record<string, string>;
  /** By alias: enabled from the start. */
  repositories?: Record<string, { url: string }>;
  /** What the network has, by URL. */
  network?: Record<string, FakeRepository>;
}

/**
 * A host in memory that keeps repositories and packages as zypper and rpm would, and answers in their
 * words. `on` scripts what the model cannot say: failures, silence, a lost connection.
 */
export class FakeHost implements HostSession {
  readonly claim: Claim;
  readonly name: string;
  readonly facts: HostFacts;
  connected = true;
  /** The connection comes back after a loss, as a real one may. */
  reconnects = false;
  /** Everything that happened, in order: `query ...`, `change ...`, `lock`, `unlock`, `history ...`, `reboot`. */
  readonly events: string[] = [];
  readonly installed: Map<string, string>;
  readonly repositories: Map<string, { url: string }>;
  lock: { bytes: string; record: LockRecord; foreign: boolean } | null = null;
  boots = 1;
  rebootAnswer: RebootOutcome | null = null;
  /** Awaited inside every command that matches, before its answer. */
  readonly gates: { pattern: RegExp; enter: () => Promise<void> }[] = [];
  readonly #network: Record<string, FakeRepository>;
  readonly #scripts: { pattern: RegExp; answer: FakeAnswer; times: number }[] = [];
  #nonces = 0;

  constructor(options: FakeHostOptions) {
    const { name, release = "15", installed = {}, repositories = {}, network = {} } = options;
    this.name = name;
    this.claim = Claim.mint({
      id: `claim-${name}`,
      hostKey: `${name}:22`,
      hostName: name,
      workspace: "default",
      rrid: null,
      slots: [],
      since: 0,
    });
    const transactional = release === "slmicro";
    const base = {
      name: transactional ? "SL-Micro" : "SLES",
      version: transactional ? "6.1" : "15-SP6",
      arch: "x86_64",
    };
    this.facts = {
      base,
      addons: [],
      transactional,
      system: `${base.name.toLowerCase()}-${base.version}-x86_64`,
      dangling: false,
      release,
    };
    this.installed = new Map(Object.entries(installed));
    this.repositories = new Map(Object.entries(repositories));
    this.#network = network;
  }

  /** The next `times` commands that match answer this. */
  on(pattern: RegExp, answer: FakeAnswer, times = Number.POSITIVE_INFINITY): this {
    this.#scripts.push({ pattern, answer, times });
    return this;
  }

  lockedBy(user: string, comment = "testing"): this {
    const record = { epoch: 1_700_000_000, user, pid: 7, comment };
    this.lock = { bytes: `${record.epoch}:${user}:7:${comment}`, record, foreign: true };
    return this;
  }

  /** Commands only, as a person would type them. */
  get commands(): string[] {
    return this.events
      .filter((event) => /^(query|change) /.test(event))
      .map((event) => event.replace(/^(query|change) (LC_ALL=C LANG=C )?/, ""));
  }

  /** What the model says to a command line, for other hosts in memory. */
  answerTo(line: string): { exit: number; stdout: string } {
    const { exit, stdout = "" } = this.#model(words(line));
    return { exit, stdout };
  }

  async query(command: string, options: ExecOptions = {}): Promise<CommandOutcome> {
    return this.#execute(`query ${command}`, options);
  }

  async change(
    command: string,
    lock: HeldLock,
    options: ExecOptions & { release?: boolean } = {},
  ): Promise<CommandOutcome & { lockReleased?: boolean }> {
    if (this.connected && this.lock?.bytes !== lock.bytes) {
      const error = new MtuiError(
        "lock.lost",
        `${this.name}: the operation lock is not ours any more.`,
      ).toReport();
      return { state: "notRun", error };
    }
    const outcome = await this.#execute(`change ${command}`, options);
    if (options.release !== true || outcome.state === "lost") return outcome;
    this.lock = null;
    return { ...outcome, lockReleased: true };
  }

  /** Its changes end with the call that began them: there is never anything to follow. */
  async follow(): Promise<{ state: "absent" }> {
    return { state: "absent" };
  }

  collect(): void {}

  async putBackLock(lock: HeldLock): Promise<LockTaking> {
    return { state: "taken", lock };
  }

  async bootId(): Promise<string | null> {
    return this.connected ? `boot-${this.boots}` : null;
  }

  async takeLock(_kind: "operation" | "pool", purpose: LockPurpose): Promise<LockTaking> {
    if (!this.connected) return { state: "error", reason: "connection closed" };
    if (this.lock?.foreign) return { state: "refused", by: await this.readLock() };
    this.#nonces += 1;
    const nonce = `n${this.#nonces}`;
    const comment = `mtui ${purpose.operation} ${purpose.rrid ?? "-"} [${purpose.workspace}] d=x n=${nonce}`;
    const record = { epoch: 0, user: "me+mtuid", pid: 1, comment };
    this.lock = { bytes: `0:me+mtuid:1:${comment}`, record, foreign: false };
    this.events.push("lock");
    return { state: "taken", lock: { kind: "operation", bytes: this.lock.bytes, nonce } };
  }

  async readLock(): Promise<LockReading> {
    if (this.lock === null) return { state: "free" };
    const { bytes, record, foreign } = this.lock;
    return foreign
      ? { state: "foreign", bytes, record, ageSeconds: 60, stale: false }
      : { state: "ours", bytes, record, ageSeconds: 0 };
  }

  async releaseLock(lock: HeldLock): Promise<LockRelease> {
    if (!this.connected) return { state: "error", reason: "connection closed" };
    if (this.lock === null) return { state: "absent" };
    if (this.lock.bytes !== lock.bytes) return { state: "foreign", by: await this.readLock() };
    this.lock = null;
    this.events.push("unlock");
    return { state: "released" };
  }

  get locks(): HeldLock[] {
    return [];
  }

  adoptLocks(): void {}

  async restampLock(lock: HeldLock): Promise<LockTaking> {
    return { state: "taken", lock };
  }

  async replaceLock(lock: HeldLock): Promise<LockTaking> {
    return { state: "taken", lock };
  }

  async breakLock(): Promise<LockRelease> {
    this.lock = null;
    return { state: "released" };
  }

  async appendHistory(fields: readonly string[]): Promise<boolean> {
    this.events.push(`history ${fields.join(":")}`);
    return this.connected;
  }

  async refreshFacts(): Promise<HostFacts> {
    return this.facts;
  }

  async reboot(): Promise<RebootOutcome> {
    this.events.push("reboot");
    if (this.rebootAnswer !== null) return this.rebootAnswer;
    this.boots += 1;
    return { state: "ok", before: `boot-${this.boots - 1}`, after: `boot-${this.boots}`, ms: 1000 };
  }

  async close(): Promise<void> {
    this.connected = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #execute(event: string, { signal, onOutput }: ExecOptions): Promise<CommandOutcome> {
    if (!this.connected) return { state: "unreachable", error: lost(this.name) };
    this.events.push(event);
    for (const gate of this.gates) if (gate.pattern.test(event)) await gate.enter();
    if (signal?.aborted) return { state: "cancelled", gone: true, ...streams("", "") };
    const script = this.#scripts.find(({ pattern, times }) => times > 0 && pattern.test(event));
    if (script !== undefined) script.times -= 1;
    const answer = script?.answer ?? this.#model(words(event).slice(1));
    if ("state" in answer) {
      if (answer.state === "timeout") {
        return {
          state: "timeout",
          limit: "silence",
          seconds: 300,
          gone: answer.gone ?? true,
          ...streams("", ""),
        };
      }
      this.connected = this.reconnects;
      if (answer.state === "unreachable") return { state: "unreachable", error: lost(this.name) };
      return { state: "lost", error: lost(this.name), ...streams("", "") };
    }
    const { exit, stdout = "", stderr = "" } = answer;
    onOutput?.("stdout", Buffer.from(stdout));
    if (exit === 0) return { state: "ok", exit: 0, ...streams(stdout, stderr) };
    return { state: "failed", exit, ...streams(stdout, stderr) };
  }

  #model(argv: readonly string[]): { exit: number; stdout?: string; stderr?: string } {
    const line = argv.filter((word) => !/^(LC_ALL|LANG)=/.test(word));
    const text = line.join(" ");
    const rest = (count: number): string[] => line.slice(count);
    if (text.startsWith("rpm -q ")) return this.#rpm(rest(4));
    if (text === "zypper -n lr -puU") return this.#list();
    if (text.startsWith("zypper -n ar ")) return this.#add(line[5] ?? "", line[4] ?? "");
    if (text.startsWith("zypper -n rr ")) return { exit: this.repositories.delete(line[3] ?? "") ? 0 : 0 };
    if (text.endsWith("-n ref")) return { exit: 0, stdout: "All repositories have been refreshed.\n" };
    if (text === "zypper -n patches") return this.#patches();
    if (text.startsWith("zypper -n se ")) return this.#search(rest(7));
    const patch = /(?:zypper -n|transactional-update -n pkg) in -l -y -t patch (.*)$/.exec(text);
    if (patch !== null) return this.#installPatch();
    const install = /(?:in -y -l|pkg in -l|pkg install)(?: --force-resolution)? (.*)$/.exec(text);
    if (install?.[1] !== undefined) return this.#install(install[1].split(" "));
    const old = /--oldpackage -y (.*)$/.exec(text);
    if (old?.[1] !== undefined) return this.#installExactly(old[1].split(" "));
    const remove = /(?:zypper -n rm|pkg remove) (.*)$/.exec(text);
    if (remove?.[1] !== undefined) {
      for (const name of remove[1].split(" ")) this.installed.delete(name);
      return { exit: 0 };
    }
    return { exit: 0, stdout: `${text}\n` };
  }

  #rpm(names: readonly string[]): { exit: number; stdout: string } {
    const lines = names.map((name) => {
      const version = this.installed.get(name);
      return version === undefined ? `package ${name} is not installed` : `${name} ${version}`;
    });
    const exit = lines.filter((each) => each.endsWith("is not installed")).length;
    return { exit, stdout: `${lines.join("\n")}\n` };
  }

  #list(): { exit: number; stdout?: string; stderr?: string } {
    if (this.repositories.size === 0) return { exit: 6, stderr: "Warning: No repositories defined.\n" };
    const rows = [...this.repositories].map(
      ([alias, { url }], at) => `${at + 1} | ${alias} | ${alias} | Yes | ( p) Yes | No | 99 | ${url}`,
    );
    const head =
      "# | Alias | Name | Enabled | GPG Check | Refresh | Priority | URI\n--+-----+----+----+---+---+---+---\n";
    return { exit: 0, stdout: `${head}${rows.join("\n")}\n` };
  }

  #add(url: string, alias: string): { exit: number; stderr?: string } {
    if (this.repositories.has(alias))
      return { exit: 4, stderr: `Repository named '${alias}' already exists.\n` };
    this.repositories.set(alias, { url });
    return { exit: 0 };
  }

  #offers(): { name: string; version: string; alias: string; patch?: string }[] {
    return [...this.repositories].flatMap(([alias, { url }]) =>
      Object.entries(this.#network[url]?.offers ?? {}).map(([name, version]) => ({ name, version, alias })),
    );
  }

  #patches(): { exit: number; stdout: string } {
    const rows = [...this.repositories].flatMap(([alias, { url }]) => {
      const patch = this.#network[url]?.patch;
      return patch === undefined
        ? []
        : [`${alias} | ${patch} | security | important | --- | needed | Update | frob`];
    });
    if (rows.length === 0) return { exit: 0, stdout: "No needed patches found.\n" };
    const head =
      "Repository | Name | Category | Severity | Interactive | Status | Summary\n---+---+---+---+---+---+---\n";
    return { exit: 0, stdout: `${head}${rows.join("\n")}\n` };
  }

  #search(names: readonly string[]): { exit: number; stdout: string } {
    const rows = this.#offers()
      .filter(({ name }) => names.includes(name))
      .map(({ name, version, alias }) => `v | ${name} | package | ${version} | noarch | ${alias}`);
    if (rows.length === 0) return { exit: 104, stdout: "No matching items found.\n" };
    return {
      exit: 0,
      stdout: `S | Name | Type | Version | Arch | Repository\n--+--+--+--+--+--\n${rows.join("\n")}\n`,
    };
  }

  #install(names: readonly string[]): { exit: number; stderr?: string } {
    for (const name of names) {
      const best = this.#best(name);
      if (best === null) return { exit: 104, stderr: `No provider of '${name}' found.\n` };
      const now = this.installed.get(name);
      if (now === undefined || compareRpmVersions(now, best) < 0) this.installed.set(name, best);
    }
    return { exit: 0 };
  }

  #best(name: string): string | null {
    const versions = this.#offers()
      .filter((offer) => offer.name === name)
      .map(({ version }) => version);
    return versions.sort(compareRpmVersions).at(-1) ?? null;
  }

  #installPatch(): { exit: number } {
    for (const { name, version, alias } of this.#offers()) {
      if (alias.startsWith("issue-") && this.installed.has(name)) this.installed.set(name, version);
    }
    return { exit: 0 };
  }

  #installExactly(pairs: readonly string[]): { exit: number } {
    for (const pair of pairs) {
      const [name = "", version = ""] = pair.split("=");
      this.installed.set(name, version);
    }
    return { exit: 0 };
  }
}

function words(text: string): string[] {
  return (text.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ""));
}

function streams(stdout: string, stderr: string) {
  const captured = (text: string) => ({
    head: Buffer.from(text),
    tail: Buffer.alloc(0),
    bytes: Buffer.byteLength(text),
    dropped: 0,
  });
  return { stdout: captured(stdout), stderr: captured(stderr), ms: 5 };
}

function lost(name: string) {
  return new MtuiError("host.lost", `${name}: the connection ended.`, { retryable: true }).toReport();
}

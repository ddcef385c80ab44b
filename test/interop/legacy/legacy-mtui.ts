import type { Lab, LabHost } from "../../lab/index.ts";
import { FLAGS, SftpPeer } from "./sftp-peer.ts";
import { formatRecord, parseRecord, type Record, requestOf } from "./record.ts";

export type Kind = "operation" | "pool";

export interface LegacyOptions {
  user: string;
  pid?: number;
  /** Empty for a connection without a report, to which every pool lock of the user is its own. */
  rrid?: string;
  /** Seconds. @default a day */
  staleAge?: number;
}

/** What the peers do on the wire, in order: a test may step in before each. */
export type Step =
  | "open x"
  | "write x"
  | "close x"
  | "open r"
  | "read"
  | "open w+"
  | "write w+"
  | "close w+"
  | "remove";

const PATHS = { operation: "/var/lock/mtui.lock", pool: "/var/lock/mtui-pool.lock" } as const;

/**
 * What the peers that are not ours have in common (docs/formats/locks.md): whose a lock is, when it is
 * too old, how it is given back. How one is taken is what sets them apart.
 */
export abstract class LegacyMtui implements AsyncDisposable {
  readonly sftp: SftpPeer;
  readonly user: string;
  readonly pid: number;
  readonly rrid: string;
  readonly #staleAge: number;
  /** Every step that was made, oldest first. */
  readonly steps: Step[] = [];
  readonly warnings: string[] = [];
  readonly #before = new Map<Step, () => Promise<void>>();

  constructor(sftp: SftpPeer, { user, pid = 31337, rrid = "", staleAge = 86_400 }: LegacyOptions) {
    this.sftp = sftp;
    this.user = user;
    this.pid = pid;
    this.rrid = rrid;
    this.#staleAge = staleAge;
  }

  static async dial<T extends LegacyMtui>(
    this: new (
      sftp: SftpPeer,
      options: LegacyOptions,
    ) => T,
    at: { lab: Lab; host: LabHost },
    options: LegacyOptions,
  ): Promise<T> {
    return new this(await SftpPeer.connect(at.lab, at.host), options);
  }

  /** Stops once before that step, until what is given has ended. */
  before(step: Step, what: () => Promise<void>): void {
    this.#before.set(step, what);
  }

  protected async step(step: Step): Promise<void> {
    const what = this.#before.get(step);
    this.#before.delete(step);
    await what?.();
    this.steps.push(step);
  }

  /** Takes the lock. @throws when it is somebody else's */
  abstract lock(kind: Kind, comment?: string): Promise<void>;

  /** @throws for what is no record, and for every failure but "no such file" */
  async read(kind: Kind): Promise<Record | null> {
    await this.step("open r");
    const opened = await this.sftp.open(PATHS[kind], FLAGS.read);
    if (opened.state === "absent") return null;
    if (opened.state === "failed") throw new Error(opened.reason);
    await this.step("read");
    const bytes = await this.sftp.read(opened.handle);
    await this.sftp.close(opened.handle);
    const record = parseRecord(bytes);
    return record === null || record.user === "" ? null : record;
  }

  /** Operation lock: by user and process; pool lock: by user and request. */
  isMine(kind: Kind, record: Record): boolean {
    if (record.user !== this.user) return false;
    if (kind === "operation") return record.pid === this.pid;
    return this.rrid === "" || requestOf(record.comment) === this.rrid;
  }

  isStale(record: Record): boolean {
    return record.epoch !== null && Math.floor(Date.now() / 1000) - record.epoch > this.#staleAge;
  }

  /** At connect: an old operation lock goes, a younger one of anybody is only told of. */
  async connectTime(): Promise<void> {
    const record = await this.read("operation");
    if (record === null) return;
    if (this.isStale(record)) await this.remove("operation");
    else this.warnings.push(`locked by ${record.user} (${record.comment})`);
  }

  /** The claim of a host of the pool, which never fails loudly. */
  async claim(): Promise<boolean> {
    const record = await this.read("pool");
    if (record !== null && !this.isMine("pool", record)) {
      if (!this.isStale(record)) return false;
      await this.remove("pool");
    }
    try {
      await this.lock("pool", `mtui pool ${this.rrid} [${this.rrid}]`);
      return true;
    } catch {
      return false;
    }
  }

  /** @returns false, with a warning, for a lock of somebody else without `force` */
  async unlock(kind: Kind, { force = false }: { force?: boolean } = {}): Promise<boolean> {
    const record = await this.read(kind);
    if (record === null) return true;
    if (!force && !this.isMine(kind, record)) {
      this.warnings.push(`locked by ${record.user} (${record.comment})`);
      return false;
    }
    await this.remove(kind);
    return true;
  }

  /** At disconnect: what is its own goes, a foreign operation lock ends the clean-up. */
  async disconnect(): Promise<void> {
    if (await this.unlock("operation")) await this.unlock("pool");
  }

  protected path(kind: Kind): string {
    return PATHS[kind];
  }

  protected line(comment: string): string {
    const epoch = Math.floor(Date.now() / 1000);
    return formatRecord({ epoch, user: this.user, pid: this.pid, comment });
  }

  protected async remove(kind: Kind): Promise<void> {
    await this.step("remove");
    await this.sftp.remove(PATHS[kind]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sftp[Symbol.asyncDispose]();
  }
}

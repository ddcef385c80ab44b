import type { Rrid, Slot, TestReport } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { CommandEntry, HostUpdate } from "../workflow/index.ts";
import { Lane } from "./lane.ts";
import { type LossJournal, LostHosts } from "./lost-hosts.ts";
import type { WorkspaceHost } from "./workspace-host.ts";

/** A loaded report and the directory that it was read from. */
export interface LoadedTemplate {
  readonly rrid: Rrid;
  readonly report: TestReport;
  /** Absolute path of the template directory. */
  readonly path: string;
}

export interface HostHistory {
  /** Every command run on the host for this workspace, in order; bounded. */
  readonly commands: CommandEntry[];
  /** The last update's before/after/verdict, for `export`. */
  update: HostUpdate | null;
}

/** Commands kept of one host, and characters of their output; the oldest go first. */
const MAX_COMMANDS = 2000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** A named isolated desk: one loaded template, its hosts, its lane, its results. */
export class Workspace {
  readonly name: string;
  /** The queue that ranks its requests: the client's namespace. */
  readonly namespace: string | null;
  readonly lane = new Lane();
  readonly hosts = new Map<string, WorkspaceHost>();
  readonly histories = new Map<string, HostHistory>();
  readonly lost: LostHosts;
  #template: LoadedTemplate | null = null;
  #noHost: readonly { slot: Slot; reason: string }[] = [];
  #leaseUntil: number | null = null;
  #closing = false;
  readonly #closed = new AbortController();
  readonly #changed: (workspace: Workspace) => void;

  /** @param changed is told of whatever has to outlive the daemon */
  constructor(
    name: string,
    namespace: string | null,
    { changed, losses }: { changed?: (workspace: Workspace) => void; losses?: LossJournal } = {},
  ) {
    this.name = name;
    this.lost = new LostHosts(name, losses);
    this.namespace = namespace;
    this.#changed = changed ?? (() => undefined);
  }

  get template(): LoadedTemplate | null {
    return this.#template;
  }

  set template(template: LoadedTemplate | null) {
    this.#template = template;
    this.#changed(this);
  }

  /** Slots for which the inventory has no host, with the reason. */
  get noHost(): readonly { slot: Slot; reason: string }[] {
    return this.#noHost;
  }

  set noHost(slots: readonly { slot: Slot; reason: string }[]) {
    this.#noHost = slots;
    this.#changed(this);
  }

  get leaseUntil(): number | null {
    return this.#leaseUntil;
  }

  set leaseUntil(until: number | null) {
    this.#leaseUntil = until;
    this.#changed(this);
  }

  get closing(): boolean {
    return this.#closing;
  }

  get state(): "empty" | "loaded" | "closing" {
    if (this.#closing) return "closing";
    return this.template === null ? "empty" : "loaded";
  }

  get rridText(): string | null {
    return this.template?.rrid.text ?? null;
  }

  /**
   * One mutation in its turn. @throws MtuiError workspace.closed when the workspace is closed before its
   * turn comes: what is done to a desk that is gone would be lost.
   * @param options.begun it has begun already, and comes to its end here: closing waits for its turn
   */
  mutate<T>(
    work: () => Promise<T>,
    { signal, begun = false }: { signal?: AbortSignal; begun?: boolean } = {},
  ): Promise<T> {
    if (begun) return this.lane.run(work, signal === undefined ? {} : { signal });
    const closed = this.#closed.signal;
    return this.lane.run(
      async () => {
        this.assertOpen();
        return work();
      },
      { signal: signal === undefined ? closed : AbortSignal.any([signal, closed]) },
    );
  }

  /** Nothing begins any more, and nobody waits for a turn that would not come. */
  markClosing(): void {
    this.#closing = true;
    this.#closed.abort(this.#isClosing());
  }

  assertOpen(): void {
    if (this.#closing) throw this.#isClosing();
  }

  #isClosing(): MtuiError {
    return new MtuiError("workspace.closed", `Workspace ${this.name} is being closed.`, {
      hint: "Ask again when it is gone; the name is free then.",
      retryable: true,
    });
  }

  /** @throws MtuiError workspace.empty */
  requireTemplate(): LoadedTemplate {
    if (this.template !== null) return this.template;
    throw new MtuiError("workspace.empty", `No test report is loaded in workspace ${this.name}.`, {
      hint: `mtuictl load-template -w ${this.name} RRID`,
    });
  }

  /**
   * The hosts of a `-t` selection, or all. A selection is a view: it changes nothing.
   * @throws MtuiError host.unknown for a name that the workspace does not have, host.none for none at all,
   * claim.lost for one that others have now, and once for each such host that nobody here knows of yet
   * @param options.again for a job that goes on after the daemon was started again: of what is lost of "all hosts" it
   * says itself what became of it
   */
  select(names: readonly string[], { again = false }: { again?: boolean } = {}): WorkspaceHost[] {
    if (!again || names.length > 0) this.lost.assertTold(names, this.hosts);
    if (names.length === 0) {
      if (this.hosts.size > 0) return [...this.hosts.values()];
      throw new MtuiError("host.none", `Workspace ${this.name} has no hosts.`, {
        hint: `mtuictl add-host -w ${this.name} takes one for each test target of its report; -t HOST names one.`,
      });
    }
    return [...new Set(names)].map((name) => {
      const host = this.hosts.get(name);
      if (host !== undefined) return host;
      const have = [...this.hosts.keys()].join(", ") || "none";
      throw new MtuiError("host.unknown", `Host ${name} is not in workspace ${this.name}.`, {
        hint: `It has: ${have}. mtuictl add-host -w ${this.name} -t ${name} adds it.`,
        data: { host: name },
      });
    });
  }

  history(host: string): HostHistory {
    const known = this.histories.get(host);
    if (known !== undefined) return known;
    const fresh: HostHistory = { commands: [], update: null };
    this.histories.set(host, fresh);
    return fresh;
  }

  record(host: string, entry: CommandEntry): void {
    const { commands } = this.history(host);
    commands.push(entry);
    let kept = 0;
    let output = 0;
    for (const { stdout, stderr } of commands.toReversed()) {
      output += stdout.length + stderr.length;
      if (kept > 0 && (kept >= MAX_COMMANDS || output > MAX_OUTPUT)) break;
      kept += 1;
    }
    commands.splice(0, commands.length - kept);
  }
}

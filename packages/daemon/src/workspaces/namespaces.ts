import { randomUUID } from "node:crypto";
import { type ClientName, startTicks } from "@mtui/core/client";
import { MtuiError } from "@mtui/core/protocol";

/** Who has a namespace: one process of a client. */
export interface NamespaceHolder {
  /** What it had asked for; null = any that is nobody's. */
  readonly wanted: string | null;
  readonly instance: string;
  readonly pid: number;
  /** With the pid it names one process for good; null where `/proc` does not say. */
  readonly startTicks: number | null;
}

/** Where grants are written down. None of these throw. */
export interface NamespaceJournal {
  all(): readonly [namespace: string, holder: NamespaceHolder][];
  save(namespace: string, holder: NamespaceHolder): void;
  forget(namespace: string): void;
}

export interface Newcomer extends Pick<ClientName, "kind" | "name"> {
  /** Of the connection. */
  readonly id: string;
  readonly namespace: string | null;
  readonly instance: string | null;
  readonly pid: number;
}

const MAX_LENGTH = 64;
const MAX_SUFFIX = 1000;

/**
 * Who works in which namespace (docs/decisions/agents.md). A holder keeps its namespace while it is
 * connected or its process lives, over a restart of the daemon, too; so two that run at the same
 * time never share one, and whoever comes after them finds the desks that they left.
 */
export class Namespaces {
  readonly #holders: Map<string, NamespaceHolder>;
  /** Connections by namespace. */
  readonly #connected = new Map<string, Set<string>>();
  readonly #journal: NamespaceJournal;
  readonly #inUse: (namespace: string) => boolean;
  readonly #ticksOf: (pid: number) => number | null;

  constructor(options: {
    journal: NamespaceJournal;
    /** Has it workspaces? */
    inUse: (namespace: string) => boolean;
    /** Start of a process in clock ticks since boot; null = there is no such process. */
    ticksOf?: (pid: number) => number | null;
  }) {
    this.#journal = options.journal;
    this.#holders = new Map(options.journal.all());
    this.#inUse = options.inUse;
    this.#ticksOf = options.ticksOf ?? startTicks;
  }

  /**
   * People get what they say. An agent that tells no instance is known by its process, and where that cannot be seen
   * (of another pid namespace) by nothing: it shares with nobody. One that names no namespace gets one that is nobody's.
   * @throws MtuiError protocol.limit
   */
  grant(client: Newcomer): string | null {
    const { kind, namespace: wanted, pid } = client;
    if (kind !== "agent") return wanted;
    const ticks = this.#ticksOf(pid);
    const instance = client.instance ?? (ticks === null ? randomUUID() : `process:${pid}:${ticks}`);
    const name = this.#own({ wanted, instance }) ?? this.#free(wanted, client.name);
    const holder = { wanted, instance, pid, startTicks: ticks };
    const known = this.#holders.get(name);
    this.#holders.set(name, holder);
    if (JSON.stringify(known) !== JSON.stringify(holder)) this.#journal.save(name, holder);
    const connections = this.#connected.get(name) ?? new Set();
    this.#connected.set(name, connections.add(client.id));
    return name;
  }

  /** The connection is gone; its process may be there yet. */
  leave(connection: string): void {
    for (const [name, connections] of this.#connected) {
      connections.delete(connection);
      if (connections.size === 0) this.#connected.delete(name);
    }
  }

  #own({ wanted, instance }: Pick<NamespaceHolder, "wanted" | "instance">): string | undefined {
    for (const [name, holder] of this.#holders)
      if (holder.instance === instance && holder.wanted === wanted) return name;
    return undefined;
  }

  #free(wanted: string | null, client: string): string {
    this.#forgetTheDead();
    const base = wanted ?? nameOf(client);
    for (let n = 1; n <= MAX_SUFFIX; n += 1) {
      const suffix = n === 1 ? "" : `-${n}`;
      const name = `${base.slice(0, MAX_LENGTH - suffix.length)}${suffix}`;
      if (!this.#holders.has(name) && (wanted !== null || !this.#inUse(name))) return name;
    }
    throw new MtuiError("protocol.limit", `${MAX_SUFFIX} agents have a namespace like ${base} already.`, {
      hint: "Start this one with a namespace of its own: mtui-mcp --namespace NAME",
      data: { limit: MAX_SUFFIX },
    });
  }

  #forgetTheDead(): void {
    for (const [name, holder] of this.#holders) {
      if (this.#connected.has(name) || this.#lives(holder)) continue;
      this.#holders.delete(name);
      this.#journal.forget(name);
    }
  }

  #lives({ pid, startTicks: ticks }: NamespaceHolder): boolean {
    return ticks !== null && this.#ticksOf(pid) === ticks;
  }
}

/** What a client calls itself, as a namespace. */
function nameOf(client: string): string {
  const name = client.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return name.slice(0, MAX_LENGTH) || "agent";
}

import { setTimeout as after } from "node:timers/promises";
import { MtuiError } from "@mtui/core/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doubleHoldings, type Lab, lockHoldings, startLab, waitUntil, witnessed } from "../lab/index.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { leftBehind } from "./support/left-behind.ts";
import { type Random, seededRandom } from "./support/random.ts";
import { isDeath, Tester } from "./support/tester.ts";

/*
 * Four testers with a daemon each, eight desks a daemon, six hosts. Each desk takes one or two hosts, runs
 * a command there and gives them back, again and again, while daemons are killed in the middle of anything.
 * The command itself is the witness: it says so when another one is at work on its host, or when the lock
 * files do not carry its desk's name. And so is the observer of each host, which knows of no command what it
 * says of itself: whose locks stood when it began and when it ended, and who else was at work. The seed decides who wants what and where it is killed; when exactly
 * that is, the machine decides.
 */
const LONG = process.env["MTUI_LONG"] === "1";
const SEED = Number(process.env["MTUI_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const CLAIMS = Number(process.env["MTUI_CLAIMS"] ?? (LONG ? 200 : 24));
const USERS = ["ann", "ben", "cleo", "dan"];
const DESKS = 8;
const HOSTS = 6;
/** How often a step of a desk is followed by the death of its daemon. */
const DEADLY = 0.1;

/** Descriptor 6 is for the host's observer, which sees when it is opened and when everybody has closed it. */
const WITNESS = `exec 6>/run/lock/mtui-witness.$0
exec 7>/tmp/inside
flock -n 7 || { echo "overlap $0" >>/tmp/complaints; exit 9; }
for f in mtui mtui-pool; do grep -qF "[$1]" /var/lock/$f.lock || echo "$f.lock is not of $0: $(cat /var/lock/$f.lock)" >>/tmp/complaints; done
echo "begin $0" >>/tmp/record; sleep "$2"; echo "end $0" >>/tmp/record`;

describe.skipIf(withoutLab)("four daemons on six hosts, killed again and again", () => {
  let lab: Lab;
  const testers: Tester[] = [];

  beforeAll(async () => {
    const names = Array.from({ length: HOSTS }, (_, index) => ({
      name: `host-${index + 1}`,
      perl: index % 2 === 0,
    }));
    lab = await startLab({ hosts: names, config: { lock: { wait: 900, wait_poll: 1 } } });
    for (const user of USERS) testers.push(new Tester(user, lab));
  });

  afterAll(async () => {
    for (const tester of testers) await tester[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  test(`${CLAIMS} claims by ${USERS.length} x ${DESKS} desks: nobody meets anybody, nothing is left`, {
    timeout: LONG ? 1_800_000 : 300_000,
  }, async () => {
    console.log(`chaos of claims: MTUI_SEED=${SEED} MTUI_CLAIMS=${CLAIMS}`);
    const left = { claims: CLAIMS };
    const desks = testers.flatMap((tester, t) =>
      Array.from({ length: DESKS }, (_, d) =>
        new Desk(tester, { name: `desk-${d + 1}`, random: seededRandom(SEED + t * 100 + d), lab }).work(left),
      ),
    );
    await Promise.all(desks);

    // Whatever a killed daemon still knows of is its next life's to give back.
    for (const tester of testers) {
      const { workspaces } = await tester.ask("list_workspaces", {});
      for (const { workspace } of workspaces) await tester.ask("close_workspace", { workspace, force: true });
      await waitUntil(async () => (await tester.ask("list_queue", {})).claims.length === 0, {
        for: `${tester.name} to hold nothing`,
        limitMs: 120_000,
      });
      expect((await tester.ask("list_queue", {})).tickets).toEqual([]);
    }
    let commands = 0;
    for (const host of lab.hosts) {
      expect(await host.readFile("/tmp/complaints")).toBeNull();
      const record = ((await host.readFile("/tmp/record")) ?? "").split("\n").filter(Boolean);
      commands += record.length / 2;
      // Each command ended before the next began: also those whose daemon died meanwhile.
      for (let line = 0; line < record.length; line += 2)
        expect(record[line + 1]).toBe(record[line]?.replace("begin", "end"));
      const begun = record.filter((line) => line.startsWith("begin ")).map((line) => line.slice(6));
      // One command at a time, and each from its beginning to its end under its own desk's locks.
      await waitUntil(() => witnessed([host]).every(({ ended }) => ended !== null), {
        for: `the observer of ${host.name} to come to the end`,
      });
      const seen = witnessed([host]);
      expect(seen.map(({ name }) => name)).toEqual(begun);
      for (const { name, ...rest } of seen) {
        const desk = name.replace(/\.\d+$/, "");
        const locks = { operation: desk, pool: desk };
        expect({ name, ...rest }).toEqual({ name, host: host.name, began: locks, ended: locks, met: [] });
      }
      await host.must("rm -f /run/lock/mtui-witness.*");
      expect(await leftBehind(host)).toEqual([]);
    }
    expect(doubleHoldings(lockHoldings(lab.hosts))).toEqual([]);
    const kills = testers.map(({ kills: count }) => count);
    console.log(`chaos of claims: ${commands} fenced commands, daemons killed ${kills.join(" + ")} times`);
    expect(commands).toBeGreaterThan(CLAIMS / 2);
    expect(kills.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });
});

class Desk {
  readonly #tester: Tester;
  readonly #name: string;
  readonly #random: Random;
  readonly #lab: Lab;

  constructor(tester: Tester, options: { name: string; random: Random; lab: Lab }) {
    this.#tester = tester;
    this.#name = `${options.name}-${tester.name}`;
    this.#random = options.random;
    this.#lab = options.lab;
  }

  async work(left: { claims: number }): Promise<void> {
    while (left.claims > 0) {
      left.claims -= 1;
      await this.#oneClaim(`${this.#name}.${left.claims}`);
    }
  }

  async #oneClaim(id: string): Promise<void> {
    const workspace = this.#name;
    const target = this.#random.pick(
      this.#lab.hosts.map(({ name }) => name),
      1 + this.#random.below(2),
    );
    while ((await this.#hosts()).length === 0) await this.#dangerously("add_host", { workspace, target });
    const argv = ["sh", "-c", WITNESS, id, workspace, `0.${this.#random.below(4)}`];
    const hosts = await this.#hosts();
    if (hosts.length > 0) await this.#dangerously("run", { workspace, hosts, command: argv });
    await this.#dangerously("close_workspace", { workspace, force: true });
    // A close that died with its daemon is asked for again: others wait for these hosts.
    if ((await this.#hosts()).length > 0)
      await this.#tester.ask("close_workspace", { workspace, force: true });
  }

  /** One step, perhaps with the death of the daemon in the middle; afterwards its jobs have ended. */
  async #dangerously(
    name: "add_host" | "run" | "close_workspace",
    params: Record<string, unknown>,
  ): Promise<void> {
    const deadly = this.#random.below(1000) < DEADLY * 1000;
    const killing = deadly ? after(this.#random.below(300)).then(() => this.#tester.kill()) : undefined;
    try {
      await this.#tester.call(name, params);
    } catch (thrown) {
      // Of a life that ended in between, or told by the next one: the next step looks at what is there.
      if (!isDeath(thrown) && !(thrown instanceof MtuiError && EXPECTED.has(thrown.kind))) throw thrown;
    }
    await killing;
    await this.#settled();
  }

  async #settled(): Promise<void> {
    for (;;) {
      const { jobs } = await this.#tester.ask("job_list", { workspace: this.#name, active: true });
      const [job] = jobs;
      if (job === undefined) return;
      await this.#tester.ask("job_wait", { job_ids: [job.id], timeout: 60 }).catch(ifUnknown);
    }
  }

  async #hosts(): Promise<string[]> {
    try {
      const { hosts } = await this.#tester.ask("list_hosts", { workspace: this.#name });
      return hosts.map(({ host }) => host);
    } catch (thrown) {
      if (thrown instanceof MtuiError && thrown.kind === "workspace.unknown") return [];
      throw thrown;
    }
  }
}

/** Answers that a desk may get when its daemon died in the middle of what it did before. */
const EXPECTED = new Set<string>([
  "workspace.unknown",
  "workspace.closed",
  "lock.foreign",
  "lock.lost",
  "host.busy",
  "job.lost",
  "host.none",
  "host.unknown",
]);

function ifUnknown(thrown: unknown): void {
  if (!(thrown instanceof MtuiError && thrown.kind === "job.unknown")) throw thrown;
}

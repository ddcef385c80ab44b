import { setTimeout as after } from "node:timers/promises";

import type { ResultOf } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, type LabHost, startLab, waitUntil } from "../lab/index.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { leftBehind } from "./support/left-behind.ts";
import { type Random, seededRandom } from "./support/random.ts";
import { isDeath, Tester } from "./support/tester.ts";

/*
 * Jobs on eight hosts while their daemons are killed, links are frozen or cut, the sshd sessions of their
 * connections killed, and clients that wait for them killed. Each command keeps a record of its own on its
 * host: that it began, every byte of both streams, its exit status. In the end what the job says and what
 * the record says must be the same. The seed decides what runs and what happens to it; when exactly, the
 * machine decides.
 */
const LONG = process.env["MTUI_LONG"] === "1";
const SEED = Number(process.env["MTUI_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const JOBS = Number(process.env["MTUI_JOBS"] ?? (LONG ? 100 : 12));
const USERS = ["ann", "ben"];
const HOSTS = LONG ? 8 : 4;
const FREEZES_MS = LONG ? [5_000, 90_000] : [5_000];

/** Prints lines of noise on both streams, at its own pace, and keeps all of it beside. */
const NOISE = `r=/tmp/record/$0; mkdir -p /tmp/record; echo began >>$r.began
i=0
while [ $i -lt "$1" ]; do
i=$((i+1))
printf 'out %s %s\\351\\n' $i "$2" | tee -a $r.out
printf 'err %s\\303\\n' $i | tee -a $r.err >&2
sleep "$3"
done
printf 'the end without a newline' | tee -a $r.out
echo "$4" >$r.exit
exit "$4"`;

/** A package transaction, recorded in the same way. */
const ZYPPER = `r=/tmp/record/$0; mkdir -p /tmp/record; echo began >>$r.began
zypper -n install --force frob >/tmp/zypper.$0 2>&1; x=$?
cat /tmp/zypper.$0 | tee -a $r.out; rm -f /tmp/zypper.$0
echo $x >$r.exit
exit $x`;

interface Wanted {
  id: string;
  host: LabHost;
  argv: string[];
  job: string | null;
}

describe.skipIf(withoutLab)("jobs on hosts, while everything around them breaks", () => {
  let lab: Lab;
  const testers: Tester[] = [];

  beforeAll(async () => {
    const names = Array.from({ length: HOSTS }, (_, index) => ({
      name: `host-${index + 1}`,
      packages: ["frob = 1.0-1"],
      // Both runners.
      perl: index % 2 === 0,
    }));
    lab = await startLab({
      hosts: names,
      released: ["frob = 1.0-1"],
      config: { lock: { wait: 900, wait_poll: 1 } },
    });
    for (const user of USERS) testers.push(new Tester(user, lab));
  });

  afterAll(async () => {
    for (const tester of testers) await tester[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  test(`${JOBS} jobs end as the hosts' own records say`, {
    timeout: LONG ? 2_400_000 : 300_000,
  }, async () => {
    console.log(`chaos of jobs: MTUI_SEED=${SEED} MTUI_JOBS=${JOBS}`);
    const done: Wanted[] = [];
    const left = { jobs: JOBS };
    const faults = new Map<string, number>();
    await Promise.all(
      lab.hosts.map((host, index) => {
        const tester = testers[index % testers.length];
        if (tester === undefined) throw new Error("no tester");
        const random = seededRandom(SEED + index);
        return new Desk(tester, { host, random, faults }).work(left, done);
      }),
    );
    expect(done).toHaveLength(JOBS);
    let ran = 0;
    for (const wanted of done) ran += await compare(wanted, testerOf(testers, wanted, lab));
    console.log(
      `chaos of jobs: ${ran} of ${JOBS} ran; ${[...faults].map(([what, n]) => `${what} ${n}`).join(", ")}`,
    );
    expect(ran).toBeGreaterThan(JOBS / 2);
    for (const tester of testers) {
      const { workspaces } = await tester.ask("list_workspaces", {});
      for (const { workspace } of workspaces) await tester.ask("close_workspace", { workspace, force: true });
      await waitUntil(async () => (await tester.ask("list_queue", {})).claims.length === 0, {
        for: `${tester.name} to hold nothing`,
        limitMs: 120_000,
      });
    }
    for (const host of lab.hosts) {
      expect(await leftBehind(host)).toEqual([]);
      await waitUntil(
        async () => (await host.must("find /root/.mtuid -mindepth 2 2>/dev/null || true")) === "",
        {
          for: `the traces on ${host.name} to be collected`,
        },
      );
    }
  });
});

function testerOf(testers: readonly Tester[], { host }: Wanted, lab: Lab): Tester {
  const tester = testers[lab.hosts.indexOf(host) % testers.length];
  if (tester === undefined) throw new Error("no tester");
  return tester;
}

/** @returns 1 when it ran */
async function compare({ id, host, job }: Wanted, tester: Tester): Promise<number> {
  const view = await tester.ask("job_status", { job_id: job ?? "" });
  const began = await host.readFile(`/tmp/record/${id}.began`);
  const state = view.hosts[host.name]?.state;
  if (began === null) {
    expect({ id, state: state ?? "notRun" }).toEqual({
      id,
      state: expect.stringMatching(/notRun|unreachable/),
    });
    return 0;
  }
  expect({ id, began }).toEqual({ id, began: "began\n" });
  const exit = Number(await host.readFile(`/tmp/record/${id}.exit`));
  expect({ id, state: view.state, host: state, exit: view.hosts[host.name]?.exit ?? 0 }).toEqual({
    id,
    state: exit === 0 ? "done" : "failed",
    host: exit === 0 ? "ok" : "failed",
    exit,
  });
  for (const [stream, end] of [
    ["stdout", "out"],
    ["stderr", "err"],
  ] as const) {
    const told = await outputOf(tester, { job: job ?? "", host: host.name, stream });
    const kept = (await host.exec(`base64 -w0 /tmp/record/${id}.${end} 2>/dev/null`)).stdout;
    expect({ id, stream, text: told }).toEqual({
      id,
      stream,
      text: Buffer.from(kept, "base64").toString("utf8"),
    });
  }
  return 1;
}

/** All of it, page by page. */
async function outputOf(
  tester: Tester,
  { job, host, stream }: { job: string; host: string; stream: "stdout" | "stderr" },
): Promise<string> {
  let text = "";
  let cursor: string | undefined;
  for (;;) {
    const page: ResultOf<"job_result"> = await tester.ask("job_result", {
      job_id: job,
      hosts: [host],
      output: true,
      stream,
      limit: 4096,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const piece of page.output ?? []) text += piece.text;
    const next = page.cursor;
    if (next === undefined || next === null) return text;
    cursor = next;
  }
}

class Desk {
  readonly #tester: Tester;
  readonly #host: LabHost;
  readonly #random: Random;
  readonly #faults: Map<string, number>;
  readonly #workspace: string;

  constructor(tester: Tester, options: { host: LabHost; random: Random; faults: Map<string, number> }) {
    this.#tester = tester;
    this.#host = options.host;
    this.#random = options.random;
    this.#faults = options.faults;
    this.#workspace = `desk-${options.host.name}`;
  }

  async work(left: { jobs: number }, done: Wanted[]): Promise<void> {
    const workspace = this.#workspace;
    await this.#tester.ask("add_host", { workspace, target: [this.#host.name] });
    while (left.jobs > 0) {
      left.jobs -= 1;
      const wanted = this.#wish(`j${left.jobs}`);
      done.push(wanted);
      const client = this.#random.below(4) === 0 ? this.#tester.home.startCtl("job", "list") : null;
      await this.#start(wanted);
      const ended = this.#ended(wanted.job ?? "");
      await Promise.race([ended, this.#trouble()]);
      client?.kill("SIGKILL");
      await ended;
    }
  }

  #wish(id: string): Wanted {
    const host = this.#host;
    if (this.#random.below(4) === 0) return { id, host, argv: ["sh", "-c", ZYPPER, id], job: null };
    const lines = 5 + this.#random.below(LONG ? 95 : 15);
    const word = "x".repeat(1 + this.#random.below(300));
    const exit = this.#random.below(3) === 0 ? 7 : 0;
    const argv = ["sh", "-c", NOISE, id, String(lines), word, `0.${1 + this.#random.below(2)}`, String(exit)];
    return { id, host, argv, job: null };
  }

  /** Once: what a dying daemon had taken, its next life knows of. */
  async #start(wanted: Wanted): Promise<void> {
    const workspace = this.#workspace;
    for (;;) {
      const { jobs } = await this.#tester.ask("job_list", { workspace });
      const known = jobs.find(
        ({ operation, command }) => operation === "run" && command.includes(` ${wanted.id} `),
      );
      if (known !== undefined) {
        wanted.job = known.id;
        return;
      }
      try {
        const reply = await this.#tester.call("run", {
          workspace,
          hosts: [this.#host.name],
          command: wanted.argv,
          background: true,
        });
        wanted.job = reply.job.id;
        return;
      } catch (thrown) {
        if (!isDeath(thrown)) throw thrown;
      }
    }
  }

  async #ended(id: string): Promise<void> {
    for (;;) {
      const { jobs } = await this.#tester.ask("job_wait", { job_ids: [id], timeout: 20 });
      const [job] = jobs;
      if (job !== undefined && ["done", "failed", "cancelled", "lost"].includes(job.state)) return;
    }
  }

  /** One fault, in the middle of the job. */
  async #trouble(): Promise<void> {
    await after(this.#random.below(2_000));
    const kinds = [
      "daemon killed",
      "link cut",
      "sshd session killed",
      "link frozen",
      "client killed",
      "nothing",
    ];
    const kind = kinds[this.#random.below(kinds.length)] ?? "nothing";
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
    if (kind === "daemon killed") this.#tester.kill();
    if (kind === "link cut") await this.#host.cut();
    // Only those of connections: the listener stays.
    if (kind === "sshd session killed") await this.#host.exec("pkill -KILL -f '^sshd(-session)?: root'");
    if (kind === "client killed") await this.#follower();
    if (kind === "link frozen") {
      await this.#host.wire({ freeze: true });
      await after(FREEZES_MS[this.#random.below(FREEZES_MS.length)] ?? 5_000);
      await this.#host.wire({});
    }
  }

  async #follower(): Promise<void> {
    const { jobs } = await this.#tester.ask("job_list", { workspace: this.#workspace, active: true });
    const [job] = jobs;
    if (job === undefined) return;
    const follower = this.#tester.home.startCtl("job", "follow", job.id);
    await after(300);
    follower.kill("SIGKILL");
  }
}

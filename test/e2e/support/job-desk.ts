import { once } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import type { LabHost } from "../../lab/index.ts";
import type { Random } from "./random.ts";
import type { Tester } from "./tester.ts";

/** What a job is told to do on its host, and what the host keeps of it under `/tmp/record`. */
export interface WantedJob {
  readonly id: string;
  readonly host: LabHost;
  readonly argv: readonly string[];
  /** What is done to it while it is at work. */
  readonly fault: Fault;
  job: string | null;
}

export const FAULTS = [
  "daemon killed",
  "daemon killed while asked",
  "link cut",
  "sshd session killed",
  "link frozen",
  "clients killed",
  "nothing",
] as const;
export type Fault = (typeof FAULTS)[number];

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

/** Of the start: the daemon has just been asked. */
const ASKED_MS = 60;
const AT_WORK_MS = 1_500;

export interface DeskOptions {
  readonly host: LabHost;
  readonly random: Random;
  readonly seed: number;
  readonly maxLines: number;
  readonly freezesMs: readonly number[];
  /** How often each fault met a job that was at work. */
  readonly hits: Map<Fault, number>;
}

/** One workspace with one host, which starts one job after the other and does something to each. */
export class JobDesk {
  readonly #tester: Tester;
  readonly #options: DeskOptions;
  readonly #workspace: string;

  constructor(tester: Tester, options: DeskOptions) {
    this.#tester = tester;
    this.#options = options;
    this.#workspace = `desk-${options.host.name}`;
  }

  async work(left: { jobs: number }, done: WantedJob[]): Promise<void> {
    const { host } = this.#options;
    await this.#tester.ask("add_host", { workspace: this.#workspace, target: [host.name] });
    while (left.jobs > 0) {
      left.jobs -= 1;
      const wanted = this.#wish(left.jobs);
      const trouble = this.#prepared(wanted);
      done.push(wanted);
      const id = await this.#start(wanted);
      wanted.job = id;
      const life = { over: false };
      const ended = this.#ended(id).then(() => void (life.over = true));
      await Promise.all([ended, trouble({ id, life, ended })]);
    }
  }

  #wish(number: number): WantedJob {
    const { host, random, seed, maxLines } = this.#options;
    const id = `j${number}`;
    // Each kind as often as every other.
    const fault = FAULTS[(number + seed) % FAULTS.length] ?? "nothing";
    if (random.below(4) === 0) return { id, host, fault, argv: ["sh", "-c", ZYPPER, id], job: null };
    const lines = 5 + random.below(maxLines);
    const word = "x".repeat(1 + random.below(300));
    const exit = random.below(3) === 0 ? 7 : 0;
    const argv = ["sh", "-c", NOISE, id, String(lines), word, `0.${1 + random.below(2)}`, String(exit)];
    return { id, host, fault, argv, job: null };
  }

  /** Once: whoever asks again under the same key is told of the job that there is, in the next life, too. */
  async #start({ id, host, fault, argv }: WantedJob): Promise<string> {
    const ms = this.#options.random.below(ASKED_MS);
    const killing =
      fault === "daemon killed while asked"
        ? after(ms).then(() => this.#tester.kill() && this.#hit(fault))
        : undefined;
    const { job } = await this.#tester.ask(
      "run",
      { workspace: this.#workspace, hosts: [host.name], command: argv, background: true },
      { key: `${this.#options.seed}-${id}` },
    );
    await killing;
    return job.id;
  }

  async #ended(id: string): Promise<void> {
    for (;;) {
      const { jobs } = await this.#tester.ask("job_wait", { job_ids: [id], timeout: 20 });
      if (jobs.some(({ state }) => FINAL.includes(state))) return;
    }
  }

  /** One fault, in the middle of the job; when, and how long, is decided beforehand. */
  #prepared({ fault }: WantedJob): (at: AtWork) => Promise<void> {
    const { random, freezesMs } = this.#options;
    const ms = random.below(AT_WORK_MS);
    // Clients take a while to begin, and wait for the output themselves.
    const pauseMs = fault === "clients killed" ? 0 : ms;
    const freezeMs = freezesMs[random.below(freezesMs.length)] ?? 0;
    return async (at) => {
      await Promise.race([after(pauseMs), at.ended]);
      if (!at.life.over && (await this.#trouble({ fault, freezeMs, at }))) this.#hit(fault);
    };
  }

  /** @returns did it meet anything? */
  async #trouble({ fault, freezeMs, at }: { fault: Fault; freezeMs: number; at: AtWork }): Promise<boolean> {
    const { host } = this.#options;
    switch (fault) {
      case "daemon killed":
        return this.#tester.kill();
      case "link cut":
        await host.cut();
        return true;
      case "sshd session killed":
        // Only those of connections: the listener stays.
        return (await host.exec("pkill -KILL -f '^sshd(-session)?: root'")).exit === 0;
      case "link frozen":
        await host.wire({ freeze: true });
        await after(freezeMs);
        await host.wire({});
        return true;
      case "clients killed":
        return await this.#killClients(at);
      default:
        // Of the start, or none.
        return false;
    }
  }

  /** One that reads its output and one that waits for it, once the first has read something. */
  async #killClients({ id, ended }: AtWork): Promise<boolean> {
    const { home } = this.#tester;
    const clients = [home.startCtl("job", "follow", id), home.startCtl("job", "wait", id)];
    const closed = clients.map((client) => once(client, "close"));
    for (const client of clients) client.stderr?.resume();
    clients[1]?.stdout?.resume();
    const [follower] = clients;
    if (follower?.stdout) await Promise.race([once(follower.stdout, "data"), ended]);
    const killed = clients.map((client) => client.kill("SIGKILL"));
    await Promise.all(closed);
    const { state } = await this.#tester.ask("job_status", { job_id: id });
    return killed.every(Boolean) && !FINAL.includes(state);
  }

  #hit(fault: Fault): void {
    const { hits } = this.#options;
    hits.set(fault, (hits.get(fault) ?? 0) + 1);
  }
}

interface AtWork {
  readonly id: string;
  readonly life: { readonly over: boolean };
  readonly ended: Promise<void>;
}

const FINAL: readonly string[] = ["done", "failed", "cancelled", "lost"];

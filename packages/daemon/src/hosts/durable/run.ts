import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { toMtuiError } from "@mtui/core/protocol";
import { type LimitWatch, type Stop, watchLimits } from "../../ssh/limit-watch.ts";
import { endOnHost } from "./end-on-host.ts";
import { type Follower, runnerFollower, shellFollower } from "./follower.ts";
import { type End, outcomeOf } from "./outcome.ts";
import { type Patience, patience } from "./patience.ts";
import type { DurablePlace, DurableScript } from "./script.ts";
import { type Attachment, DurableStreams, type Followed } from "./streams.ts";
import type { HostLink } from "../host-link.ts";
import type { CommandOutcome } from "../outcome.ts";
import type { RemotePaths } from "../remote-paths.ts";
import type { CommandLimits, ExecOptions } from "../session.ts";

export interface DurableRunOptions extends Pick<ExecOptions, "onOutput" | "onLink"> {
  readonly link: Pick<
    HostLink,
    | "control"
    | "shell"
    | "runner"
    | "ready"
    | "connected"
    | "drop"
    | "signal"
    | "alive"
    | "members"
    | "terminate"
  >;
  readonly paths: RemotePaths;
  readonly place: DurablePlace;
  readonly start?: DurableScript["start"];
  readonly from: { readonly stdout: number; readonly stderr: number };
  readonly limits: CommandLimits;
  readonly signal: AbortSignal;
  readonly detach: AbortSignal;
  readonly hostName: string;
  /** A cancel does not shorten the time that a broken link has: nobody waits for the answer. */
  readonly patient?: boolean;
}

export type DurableEnd =
  | { readonly kind: "outcome"; readonly outcome: CommandOutcome; readonly release: string }
  /** Nothing ran, or, when nothing was to be started, nothing is there: the script's own reason. */
  | { readonly kind: "refused"; readonly reason: string };

type Event = Followed | Stop | { readonly why: "detached" };

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 15_000;
/** After it was ended: until its runner has given the lock back and said so. */
const END_WAIT_MS = 5000;
/** A command that ends before that costs no look at its output. */
const WAKE_MS = 40;
/** A cancel waits so long for a host that cannot be reached; its command may then still be at work. */
const UNREACHED_MS = 10_000;
/** Links on which ending it is tried, and no answer comes. */
const END_TRIES = 3;
/** Followers in a row that end at once and bring nothing. */
const FRUITLESS = 20;

/**
 * Starts or follows one durable command until its end. A follower that ends without one, for whatever
 * reason, is replaced by another one that goes on at the byte where it broke off; only the host
 * itself says that the command is over. The same script starts and follows: whether a start
 * that was sent before a link broke had come through, the host knows.
 */
export async function runDurable(options: DurableRunOptions): Promise<DurableEnd> {
  const { limits, detach } = options;
  const watch = watchLimits(limits, options.signal);
  const streams = new DurableStreams({
    from: options.from,
    capture: limits.capture,
    onOutput: (stream, chunk) => {
      watch.life();
      options.onOutput?.(stream, chunk);
    },
    onLife: () => watch.life(),
  });
  const detached = new Promise<{ why: "detached" }>((resolve) => {
    if (detach.aborted) resolve({ why: "detached" });
    detach.addEventListener("abort", () => resolve({ why: "detached" }), { once: true });
  });
  try {
    return await new DurableRun(options, { watch, streams, detached }).toEnd();
  } finally {
    watch.done();
  }
}

class DurableRun {
  readonly #options: DurableRunOptions;
  readonly #watch: LimitWatch;
  readonly #streams: DurableStreams;
  readonly #detached: Promise<{ why: "detached" }>;
  readonly #started = performance.now();
  /** A script is, or may be, on the host. */
  #sent: boolean;
  #stop: Stop | null = null;
  /** By `performance.now`. */
  #stoppedAt = 0;
  /** Since when, by `performance.now`; null while it stands. */
  #broken: number | null = null;
  #pause = FIRST_PAUSE_MS;
  #fruitless = 0;
  /** How often the host could not be asked to end it. */
  #unanswered = 0;

  constructor(
    options: DurableRunOptions,
    parts: { watch: LimitWatch; streams: DurableStreams; detached: Promise<{ why: "detached" }> },
  ) {
    this.#options = options;
    this.#watch = parts.watch;
    this.#streams = parts.streams;
    this.#detached = parts.detached;
    this.#sent = options.start === undefined;
    void parts.watch.stopped.then((stop) => {
      this.#stop = stop;
      this.#stoppedAt = performance.now();
    });
  }

  async toEnd(): Promise<DurableEnd> {
    for (;;) {
      const end = await this.#attach();
      if (end === "elsewhere") continue;
      if (end !== null) return end;
      const over = await this.#wait();
      if (over !== null) return over;
    }
  }

  /** One follower, as long as it lasts. @returns null when it broke off, `elsewhere` when only the script can follow */
  async #attach(): Promise<DurableEnd | "elsewhere" | null> {
    const { signal, detach, start } = this.#options;
    if (signal.aborted && !this.#sent) return { kind: "refused", reason: "cancelled" };
    if (detach.aborted) return this.#outcome({ why: "detached" });
    // What was sent and never arrived is not begun any more once it is cancelled.
    const starts = start !== undefined && !(this.#sent && signal.aborted);
    let follower: Follower;
    try {
      follower = await this.#follower(starts ? start : undefined);
    } catch (error) {
      if (this.#sent) return null;
      if (detach.aborted) return this.#outcome({ why: "detached" });
      const known = toMtuiError(error);
      const state = known.kind === "request.cancelled" ? "notRun" : "unreachable";
      return { kind: "outcome", outcome: { state, error: known.toReport() }, release: "-" };
    }
    if (!this.#sent && (signal.aborted || detach.aborted)) {
      follower.leave();
      return signal.aborted ? { kind: "refused", reason: "cancelled" } : this.#outcome({ why: "detached" });
    }
    const nonce = randomBytes(16).toString("hex");
    const before = this.#streams.offsets;
    const since = performance.now();
    const attachment = this.#streams.attach(nonce);
    follower.begin({ nonce, from: before }, attachment.sink);
    this.#sent = true;
    const end = await this.#hear(follower, { ...attachment, starts });
    if (end !== null) return end;
    const { stdout, stderr } = this.#streams.offsets;
    const got = stdout > before.stdout || stderr > before.stderr;
    const fruitful = got || performance.now() - since > 2000;
    this.#fruitless = fruitful ? 0 : this.#fruitless + 1;
    return null;
  }

  /** The runner where it can be had, and only for a start that was not sent before. @throws MtuiError as the link */
  async #follower(start: DurableScript["start"]): Promise<Follower> {
    const { link, paths, place, signal, detach } = this.#options;
    const command = { paths, place, ...(start === undefined ? {} : { start }) };
    if (this.#sent || start === undefined) return shellFollower(await link.shell(detach), command);
    const either = AbortSignal.any([signal, detach]);
    const runner = await link.runner(either);
    if (runner !== null) return runnerFollower(runner, { ...command, start });
    return shellFollower(await link.shell(either), command);
  }

  async #hear(
    follower: Follower,
    attachment: Attachment & { readonly starts: boolean },
  ): Promise<DurableEnd | "elsewhere" | null> {
    const { said } = attachment;
    if (this.#broken !== null) await this.#again(attachment);
    void this.#wake(attachment);
    const { start, signal, link, limits } = this.#options;
    // Cancelled before anybody looked: what is over by now says how it ended, and only what is at work is ended.
    if (!attachment.starts && signal.aborted) await Promise.race([said, attachment.running, this.#detached]);
    const event: Event = await Promise.race([said, this.#detached, this.#watch.stopped]);
    if (isStop(event)) {
      const { gone, answered } = await endOnHost(link, {
        streams: this.#streams,
        said,
        graceSeconds: limits.grace,
      });
      const last = await Promise.race([said, sleep(gone ? END_WAIT_MS : 0, null, { ref: false })]);
      if (last?.why === "ended") follower.leave();
      else follower.destroy();
      if (last?.why === "elsewhere") return last.why;
      if (!gone && !answered) {
        // A link that stands and brings no answer is broken all the same.
        await link.drop();
        this.#unanswered += 1;
        return this.#unanswered < END_TRIES ? null : this.#outcome(this.#unheard());
      }
      const release = last?.why === "ended" ? last.release : "-";
      return this.#outcome(event, { gone, release });
    }
    if (event.why === "detached" || event.why === "closed") follower.destroy();
    else follower.leave();
    if (event.why === "closed") return null;
    if (event.why === "elsewhere") return event.why;
    if (event.why === "refused") {
      const never = event.reason === "absent" && start !== undefined;
      return { kind: "refused", reason: never ? "cancelled" : event.reason };
    }
    return this.#outcome(event, { release: event.why === "ended" ? event.release : "-" });
  }

  /** The command is not over at once: its output is wanted from now on. */
  async #wake({ waiting, running, said }: Attachment): Promise<void> {
    const looks = Promise.race([running, said]).then(() => true);
    const over = await Promise.race([said.then(() => true), waiting.then((pid) => pid === null)]);
    if (over) return;
    const pid = await waiting;
    for (let ms = WAKE_MS; ; ms *= 2) {
      if (await Promise.race([looks, sleep(ms, false, { ref: false })])) return;
      await this.#options.link.control(`kill -USR1 ${pid}`).catch(() => undefined);
    }
  }

  /** The link stands again as soon as a follower has begun; time runs for the limits again. */
  async #again({ said, running }: Attachment): Promise<void> {
    const first = await Promise.race([said, running, this.#detached]);
    if (first?.why === "closed") return;
    this.#broken = null;
    this.#pause = FIRST_PAUSE_MS;
    this.#watch.resume();
    this.#options.onLink?.("again");
  }

  /** Until the link stands again. @returns an end when that takes too long, or nobody waits any more */
  async #wait(): Promise<DurableEnd | null> {
    const { link, onLink, detach } = this.#options;
    if (this.#broken === null) {
      this.#broken = performance.now();
      this.#watch.pause();
      onLink?.("broken");
    }
    const { late, done } = this.#patience(this.#broken);
    try {
      for (;;) {
        if (detach.aborted) return this.#outcome({ why: "detached" });
        if (late.aborted || this.#fruitless >= FRUITLESS) return this.#outcome(this.#unheard());
        try {
          await link.ready(AbortSignal.any([detach, late]));
          if (this.#fruitless > 1) await this.#rest(late);
          return null;
        } catch {
          await this.#rest(late);
        }
      }
    } finally {
      done();
    }
  }

  /** Less of it once somebody waits for the cancel. */
  #patience(broken: number): Patience {
    const { limits, patient = false } = this.#options;
    const cancelled = this.#watch.stopped.then(({ why }) =>
      why === "cancelled" && !patient ? Math.max(broken, this.#stoppedAt) + UNREACHED_MS : null,
    );
    return patience(broken + limits.reconnect * 1000, { sooner: cancelled });
  }

  async #rest(late: AbortSignal): Promise<void> {
    await sleep(this.#pause, undefined, {
      ref: false,
      signal: AbortSignal.any([late, this.#options.detach]),
    }).catch(() => undefined);
    this.#pause = Math.min(this.#pause * 2, MAX_PAUSE_MS);
  }

  /** The host could not be asked again. A cancel of what may be at work is not done. */
  #unheard(): Stop | { why: "closed" | "unreached" } {
    const stop = this.#stop;
    if (stop === null) return { why: "closed" };
    return stop.why === "cancelled" ? { why: "unreached" } : stop;
  }

  #outcome(
    event: End,
    { gone = false, release = "-" }: { gone?: boolean; release?: string } = {},
  ): DurableEnd {
    const { limits, hostName } = this.#options;
    const ran = { ...this.#streams.captured, ms: performance.now() - this.#started };
    return { kind: "outcome", release, outcome: outcomeOf(event, { ran, gone, limits, hostName }) };
  }
}

function isStop(event: Event): event is Stop {
  return event.why === "cancelled" || event.why === "silence" || event.why === "total";
}

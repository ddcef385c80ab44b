import { MtuiError } from "@mtui/core/protocol";
import type { LockPort } from "../../../packages/daemon/src/hosts/lock-port.ts";
import { LOCK_NAMES } from "./names.ts";
import type { Script, Self } from "./script.ts";
import type { Action, DaemonLife, Process } from "./process.ts";
import type { World } from "./world.ts";

interface Call {
  readonly process: Process;
  readonly control: boolean;
  /** The answer on its way back. */
  answer: { readonly value: unknown } | null;
  settle(result: { readonly value: unknown } | MtuiError): void;
}

/** What becomes of the script that the host is at when the connection breaks. */
export type Fate = "dies" | "goes on";

const ANSWER_MS = 30_000;

/**
 * One session's connection: scripts in the control shell run one after the other, commands beside
 * them. When it breaks, every answer is missing; what had begun ends there or goes on alone, what had
 * not begun never does, except for the one that the host may just have read.
 */
export class Link {
  readonly #world: World;
  readonly #life: DaemonLife;
  readonly name: string;
  readonly #instantAnswers: boolean;
  #calls: Call[] = [];

  constructor(
    world: World,
    { life, name, instantAnswers }: { life: DaemonLife; name: string; instantAnswers: boolean },
  ) {
    this.#world = world;
    this.#life = life;
    this.name = name;
    this.#instantAnswers = instantAnswers;
    world.sources.push(() => this.#answers());
  }

  get busy(): boolean {
    return this.#calls.length > 0;
  }

  /** @throws MtuiError host.lost */
  async control<T>(make: (self: Self) => Script<T>, setUp?: (process: Process) => void): Promise<T> {
    const late = this.#world.clock(() => this.#life.alive).after(ANSWER_MS, () => this.lose("goes on"));
    try {
      return await this.#call(make, { control: true, setUp });
    } finally {
      late();
    }
  }

  /** In a channel of its own, however long it takes. @throws MtuiError host.lost */
  async command<T>(make: (self: Self) => Script<T>, setUp?: (process: Process) => void): Promise<T> {
    return await this.#call(make, { control: false, setUp });
  }

  lose(fate: Fate): void {
    const calls = this.#calls;
    this.#calls = [];
    this.#world.awaited = true;
    const current = calls.find(({ control, answer }) => control && answer === null);
    for (const call of calls) {
      const begun = call === current || !call.control || call.process.begunAt !== null;
      if (fate === "dies" || !begun) this.#world.kill(call.process);
      else this.#world.hurry(call.process);
      if (this.#life.alive) call.settle(lost(this.name));
    }
  }

  async #call<T>(
    make: (self: Self) => Script<T>,
    { control, setUp }: { control: boolean; setUp?: ((process: Process) => void) | undefined },
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const process = this.#world.start(make, {
      who: this.name,
      daemon: this.#life,
      ready: () => !control || !this.#calls.includes(call) || this.#atTurn(call),
      onEnd: (value) => {
        if (!this.#calls.includes(call)) return;
        call.answer = { value };
        if (this.#instantAnswers) this.#deliver(call);
      },
    });
    const call: Call = {
      process,
      control,
      answer: null,
      settle: (result) => (result instanceof MtuiError ? reject(result) : resolve(result.value as T)),
    };
    setUp?.(process);
    this.#calls.push(call);
    return await promise;
  }

  #atTurn(call: Call): boolean {
    return this.#calls.find(({ control, answer }) => control && answer === null) === call;
  }

  #answers(): Action[] {
    const call = this.#calls.find(({ answer }) => answer !== null);
    if (call === undefined || !this.#life.alive) return [];
    const label = `${this.name}: answer`;
    // What a workspace believes, the judges hold against the files.
    const touch = { writes: [this.#life.daemonId], reads: LOCK_NAMES };
    return [{ id: label, label, weight: 1, touch, run: () => this.#deliver(call) }];
  }

  #deliver(call: Call): void {
    this.#calls = this.#calls.filter((each) => each !== call);
    this.#world.awaited = true;
    if (call.answer !== null && this.#life.alive) call.settle(call.answer);
  }
}

function lost(name: string): MtuiError {
  return new MtuiError("host.lost", `${name}: no answer.`, { hint: "Look at the host.", retryable: true });
}

/** What the judges must know of a step before it runs. */
export type Announce = (process: Process, what: { target?: string; text?: string }) => void;

/** A protocol: how the three steps are made on the host. The safe one is `our-script.ts`. */
export type Protocol = (self: Self) => {
  swap: (step: Parameters<LockPort["swap"]>[0]) => Script<Awaited<ReturnType<LockPort["swap"]>>>;
  drop: (step: Parameters<LockPort["drop"]>[0]) => Script<Awaited<ReturnType<LockPort["drop"]>>>;
  read: (kind: Parameters<LockPort["read"]>[0]) => Script<Awaited<ReturnType<LockPort["read"]>>>;
  tidy: (nonces: readonly string[]) => Script<boolean>;
};

export function modelPort(
  link: Link,
  { protocol, announce }: { protocol: Protocol; announce: Announce },
): LockPort {
  return {
    swap: async (step) =>
      await link.control(
        (self) => protocol(self).swap(step),
        (process) => announce(process, { target: step.lock.nonce }),
      ),
    drop: async (step) =>
      await link.control(
        (self) => protocol(self).drop(step),
        (process) =>
          announce(process, { text: step.text, ...(step.nonce === undefined ? {} : { target: step.nonce }) }),
      ),
    read: async (kind) => await link.control((self) => protocol(self).read(kind)),
    tidy: async (nonces) =>
      nonces.length > 0 && (await link.control((self) => protocol(self).tidy(nonces)).catch(() => false)),
  };
}

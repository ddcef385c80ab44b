import type { DaemonClient } from "@mtui/core/client";
import { MtuiError } from "@mtui/core/protocol";
import type { OperationName, ResultOf } from "@mtui/core/registry";
import type { Lab } from "../../lab/index.ts";
import { TesterHome } from "../../support/home.ts";

/** One user with a daemon that is started again whenever it is missed. */
export class Tester implements AsyncDisposable {
  readonly name: string;
  readonly home: TesterHome;
  kills = 0;
  #client: Promise<DaemonClient> | null = null;

  constructor(name: string, lab: Lab) {
    this.name = name;
    this.home = new TesterHome({ config: lab.files.mtuiYaml, user: name });
  }

  /** @throws MtuiError daemon.unreachable and the like when the daemon dies meanwhile */
  async call<N extends OperationName>(
    name: N,
    params: Record<string, unknown>,
    { key }: { key?: string } = {},
  ): Promise<ResultOf<N>> {
    this.#client ??= this.home.connect();
    const mine = this.#client;
    const forget = (): void => {
      if (this.#client === mine) this.#client = null;
    };
    const client = await mine.catch((thrown: unknown) => {
      forget();
      throw thrown;
    });
    try {
      const options = { timeoutMs: 900_000, ...(key === undefined ? {} : { idempotencyKey: key }) };
      return (await client.call(name, params, options)) as ResultOf<N>;
    } catch (thrown) {
      if (isDeath(thrown)) {
        forget();
        // The next one is dialled when the dead one's socket has been seen to close.
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw thrown;
    }
  }

  /** As `call`, again until a daemon answers: for what may be asked twice, or what has a key. */
  async ask<N extends OperationName>(
    name: N,
    params: Record<string, unknown>,
    options: { key?: string } = {},
  ): Promise<ResultOf<N>> {
    for (;;) {
      try {
        return await this.call(name, params, options);
      } catch (thrown) {
        if (!isDeath(thrown)) throw thrown;
      }
    }
  }

  /**
   * The daemon dies now, if there is one.
   * @returns was there one?
   */
  kill(): boolean {
    const pid = this.home.daemonPid;
    if (pid === null) return false;
    try {
      process.kill(pid, "SIGKILL");
      this.kills += 1;
      return true;
    } catch {
      // Somebody else was quicker.
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#client?.catch(() => null))?.[Symbol.asyncDispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

/** Is this what a client sees of a daemon that died or stops? */
export function isDeath(thrown: unknown): boolean {
  return (
    thrown instanceof MtuiError &&
    ["daemon.unreachable", "daemon.stopping", "request.cancelled", "protocol.invalid"].includes(thrown.kind)
  );
}

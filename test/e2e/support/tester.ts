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
  async call<N extends OperationName>(name: N, params: Record<string, unknown>): Promise<ResultOf<N>> {
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
      return (await client.call(name, params, { timeoutMs: 900_000 })) as ResultOf<N>;
    } catch (thrown) {
      if (isDeath(thrown)) {
        forget();
        // The next one is dialled when the dead one's socket has been seen to close.
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw thrown;
    }
  }

  /** As `call`, again until a daemon answers: for what may be asked twice. */
  async ask<N extends OperationName>(name: N, params: Record<string, unknown>): Promise<ResultOf<N>> {
    for (;;) {
      try {
        return await this.call(name, params);
      } catch (thrown) {
        if (!isDeath(thrown)) throw thrown;
      }
    }
  }

  /** The daemon dies now, if there is one. */
  kill(): void {
    const pid = this.home.daemonPid;
    if (pid === null) return;
    try {
      process.kill(pid, "SIGKILL");
      this.kills += 1;
    } catch {
      // Somebody else was quicker.
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

import { randomBytes } from "node:crypto";
import { MtuiError } from "@mtui/core/protocol";
import { scanMarks } from "./marker.ts";
import type { RemoteShell } from "./transport.ts";

export interface ControlAnswer {
  /** `$?` of the script's last command. */
  readonly status: number;
  readonly output: Buffer;
}

interface Pending {
  readonly script: string;
  readonly after: string;
  readonly timeoutMs: number;
  settle(result: ControlAnswer | MtuiError): void;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_OUTPUT = 1024 * 1024;
/** Requests that have been sent and not answered; what is behind them stays here, and is known not to have run. */
const AHEAD = 8;

/**
 * One `sh` kept open on a host for short protocol steps: half a millisecond a step, where a new
 * channel costs ten. The shell runs requests one after the other, in the order in which they were made,
 * but they do not wait here for each other's answers: steps that are asked for together cost one round
 * trip together. Each is a single compound command, which the shell begins only when it has read all of
 * it, so that a torn request does nothing. A request that takes too long ends the shell, and with it
 * every request behind it: nobody knows any more what belongs to whom.
 */
export class ControlShell {
  readonly #shell: RemoteShell;
  readonly #nonce = randomBytes(16).toString("hex");
  readonly #queue: Pending[] = [];
  readonly #hostName: string;
  /** Sent, in order: the first is the one that the shell is at. */
  readonly #sent: Pending[] = [];
  #chunks: Buffer[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(shell: RemoteShell, options: { hostName: string; preamble: string }) {
    this.#shell = shell;
    this.#hostName = options.hostName;
    const scanner = scanMarks(this.#nonce, {
      onBytes: (chunk) => this.#collect(chunk),
      onMark: (words) => this.#mark(words),
    });
    shell.attach({
      onOutput: (stream, chunk) => {
        if (stream === "stdout") scanner.push(chunk);
      },
      onClose: () => this.#fail("the control shell ended"),
    });
    shell.send(options.preamble);
  }

  get open(): boolean {
    return this.#shell.open;
  }

  /**
   * @param script one or more commands; their standard output comes back, at most 1 MiB.
   * `after` runs when the answer is already on its way: tidying that nobody needs to wait for.
   * @throws MtuiError host.lost when the shell ends or does not answer in time: whether the script
   *   ran is then unknown.
   */
  async request(
    script: string,
    options: { timeoutMs?: number; after?: string } = {},
  ): Promise<ControlAnswer> {
    return await new Promise((resolve, reject) => {
      const settle = (result: ControlAnswer | MtuiError): void =>
        result instanceof MtuiError ? reject(result) : resolve(result);
      this.#queue.push({
        script,
        after: options.after ?? ":",
        timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        settle,
      });
      this.#next();
    });
  }

  close(): void {
    this.#shell.destroy();
    this.#fail("the control shell was closed");
  }

  #next(): void {
    while (this.#sent.length < AHEAD) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      if (this.#shell.open) this.#send(next);
      else next.settle(this.#error("the control shell is closed"));
    }
  }

  #send(next: Pending): void {
    this.#sent.push(next);
    if (this.#sent.length === 1) this.#await(next);
    const mark = `printf '\\036%s %s %s\\n' ${this.#nonce}`;
    this.#shell.send(
      `{ ${mark} begin -\n{ ${next.script}\n} </dev/null 2>/dev/null; ${mark} end "$?"; { ${next.after}\n} </dev/null >/dev/null 2>&1; }\n`,
    );
  }

  /** The time of a request begins when those before it are answered. */
  #await({ timeoutMs }: Pending): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.#timer = setTimeout(() => {
      this.#shell.destroy();
      this.#fail(`no answer within ${timeoutMs / 1000} s`);
    }, timeoutMs);
  }

  #collect(chunk: Buffer): void {
    if (this.#sent.length === 0) return;
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_OUTPUT) {
      this.#shell.destroy();
      this.#fail(`more than ${MAX_OUTPUT} bytes came back`);
      return;
    }
    this.#chunks.push(chunk);
  }

  #mark(words: string[]): void {
    const [word, status] = words;
    if (word === "end") {
      this.#finish(Number(status));
      return;
    }
    // What came before the beginning is not an answer: a login file may still have been talking.
    this.#chunks = [];
    this.#bytes = 0;
  }

  #finish(status: number): void {
    const answered = this.#sent.shift();
    if (answered === undefined) return;
    clearTimeout(this.#timer);
    answered.settle({ status, output: Buffer.concat(this.#chunks) });
    const [next] = this.#sent;
    if (next !== undefined) this.#await(next);
    this.#next();
  }

  #fail(reason: string): void {
    clearTimeout(this.#timer);
    for (const each of [...this.#sent.splice(0), ...this.#queue.splice(0)]) each.settle(this.#error(reason));
  }

  #error(reason: string): MtuiError {
    return new MtuiError("host.lost", `No answer from ${this.#hostName}: ${reason}.`, {
      hint: `See whether the host answers: ssh root@${this.#hostName}`,
      retryable: true,
    });
  }
}

import { randomBytes } from "node:crypto";
import { shellQuote } from "../../ssh/index.ts";
import { scanMarks } from "../../ssh/marker.ts";
import type { RemoteShell, ShellSink } from "../../ssh/transport.ts";
import { GUARD_SECONDS, READ_LIMIT } from "../lock-script.ts";
import { REASON_LIMIT } from "./script.ts";
import { RUNNER_FIELDS, RUNNER_PROGRAM } from "./runner-program.ts";

export type RunnerRequest = Readonly<Record<(typeof RUNNER_FIELDS)[number], string>>;

/** A host that has not started perl by then is one without it. */
const START_MS = 10_000;
const DEAF: ShellSink = { onOutput: () => undefined, onClose: () => undefined };

/**
 * A channel of a connection whose far end starts one durable command after the other, without a new shell
 * for each. It can do nothing else; its end, or the link's, leaves what runs alone.
 */
export class RunnerChannel {
  readonly #shell: RemoteShell;

  private constructor(shell: RemoteShell) {
    this.#shell = shell;
  }

  /**
   * Turns a shell that has just begun into a runner.
   * @param perl the program; "" for none
   * @returns null on a host that cannot; the shell is closed then
   */
  static async begin(shell: RemoteShell, { perl }: { perl: string }): Promise<RunnerChannel | null> {
    const nonce = randomBytes(16).toString("hex");
    const { promise: word, resolve } = Promise.withResolvers<string | undefined>();
    const scanner = scanMarks(nonce, {
      onBytes: () => undefined,
      onMark: (words) => resolve(words[1]),
    });
    shell.attach({
      onOutput: (stream, chunk) => stream === "stdout" && scanner.push(chunk),
      onClose: () => resolve(undefined),
    });
    const timer = setTimeout(() => resolve(undefined), START_MS);
    shell.send(beginScript(nonce, perl));
    const ready = (await word) === "perl";
    clearTimeout(timer);
    shell.attach(DEAF);
    if (ready && shell.open) return new RunnerChannel(shell);
    shell.destroy();
    return null;
  }

  get open(): boolean {
    return this.#shell.open;
  }

  /** Starts a command; everything that comes is the sink's, until `free`. */
  start(request: RunnerRequest, sink: ShellSink): void {
    const fields = RUNNER_FIELDS.map((name) => `${Buffer.byteLength(request[name])}:${request[name]}`).join(
      "",
    );
    this.#shell.attach(sink);
    this.#shell.send(`${Buffer.byteLength(fields)}\n${fields}`);
  }

  /** Its command is over, and everything that was said of it has been heard. */
  free(): void {
    this.#shell.attach(DEAF);
  }

  destroy(): void {
    this.#shell.destroy();
  }
}

/**
 * The program goes by the environment, which it clears: a list of processes shows a name, and not a page of text. An
 * account that has perl read bytes or find modules in a way of its own has its commands run by the shell.
 */
function beginScript(nonce: string, perl: string): string {
  const start = `exec ${shellQuote(perl)} -e 'eval delete $ENV{MTUI_RUNNER}; exit 1' ${nonce} ${READ_LIMIT} ${GUARD_SECONDS} ${REASON_LIMIT}`;
  return `{
if [ -z "\${PERL5OPT+x}\${PERL5LIB+x}\${PERL_UNICODE+x}\${PERLIO+x}" ] && command -v ${shellQuote(perl)} >/dev/null 2>&1; then
MTUI_RUNNER=${shellQuote(RUNNER_PROGRAM)}; export MTUI_RUNNER
${start}
fi
printf '\\036%s ready sh\\n' ${nonce}
exit 0
}
`;
}

/** What a run needs of its machine. */
interface Machine {
  readonly gates: { readonly command?: () => Promise<void> };
  answer(command: string): { exit: number; stdout: string };
}

interface RunEnd {
  readonly exit: number;
  /** The operation lock was given back in the same step. */
  readonly released: boolean;
}

/**
 * A changing command at work on a machine in memory: it needs nobody who follows it. The machine's gate
 * holds it open; `print` writes before that.
 */
export class FakeRun {
  readonly command: string;
  readonly ended: Promise<RunEnd>;
  /** Null as long as it is at work. */
  exit: number | null = null;
  output: Buffer = Buffer.alloc(0);
  readonly #listeners = new Set<() => void>();
  readonly #killed = Promise.withResolvers<"killed">();

  /** @param options.release gives the operation lock back when the command has ended; says whether it was there */
  constructor(
    machine: Machine,
    command: string,
    { release }: { release?: (() => boolean) | undefined } = {},
  ) {
    this.command = command;
    this.ended = this.#work(machine, release);
  }

  print(text: string): void {
    this.output = Buffer.concat([this.output, Buffer.from(text)]);
    for (const listener of this.#listeners) listener();
  }

  /** TERM: it ends now. */
  kill(): void {
    this.#killed.resolve("killed");
  }

  /** Standard output from this byte on: what is there, and what comes. */
  read(from: number, onBytes: (chunk: Buffer) => void): { readonly bytes: Buffer; stop(): void } {
    let at = from;
    const take = (): void => {
      const chunk = this.output.subarray(at);
      at += chunk.length;
      if (chunk.length > 0) onBytes(chunk);
    };
    take();
    this.#listeners.add(take);
    const bytes = (): Buffer => this.output.subarray(from);
    return {
      get bytes() {
        return bytes();
      },
      stop: () => void this.#listeners.delete(take),
    };
  }

  async #work(machine: Machine, release: (() => boolean) | undefined): Promise<RunEnd> {
    const how = await Promise.race([machine.gates.command?.(), this.#killed.promise]);
    const { exit, stdout } = how === "killed" ? { exit: 143, stdout: "" } : machine.answer(this.command);
    this.print(stdout);
    this.exit = exit;
    return { exit, released: release?.() ?? false };
  }
}

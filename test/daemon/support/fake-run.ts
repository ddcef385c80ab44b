/** What a run needs of its machine. */
interface Machine {
  readonly gates: { readonly command?: () => Promise<void> };
  answer(command: string): { exit: number; stdout: string };
}

/**
 * A changing command at work on a machine in memory: it needs nobody who follows it. The machine's gate
 * holds it open; `print` writes before that.
 */
export class FakeRun {
  readonly command: string;
  readonly ended: Promise<{ exit: number }>;
  /** Null as long as it is at work. */
  exit: number | null = null;
  output: Buffer = Buffer.alloc(0);
  readonly #listeners = new Set<() => void>();

  constructor(machine: Machine, command: string) {
    this.command = command;
    this.ended = this.#work(machine);
  }

  print(text: string): void {
    this.output = Buffer.concat([this.output, Buffer.from(text)]);
    for (const listener of this.#listeners) listener();
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

  async #work(machine: Machine): Promise<{ exit: number }> {
    await machine.gates.command?.();
    const { exit, stdout } = machine.answer(this.command);
    this.print(stdout);
    this.exit = exit;
    return { exit };
  }
}

import type { ClientChannel } from "ssh2";
import type { RemoteShell, ShellSink, StreamName } from "./transport.ts";

/**
 * A shell on an ssh2 channel. Until a sink is attached its output is thrown away: it can only be what
 * a login file prints.
 */
export class Ssh2Shell implements RemoteShell {
  readonly #channel: ClientChannel;
  #sink: ShellSink | null = null;
  #open = true;

  /** @param options.onLinkLost how to hear of the end of the link, and how to stop hearing */
  constructor(
    channel: ClientChannel,
    options: { onGone: () => void; onLinkLost: (run: () => void) => () => void },
  ) {
    this.#channel = channel;
    const over = (): void => {
      if (!this.#open) return;
      this.#open = false;
      // The link outlives thousands of shells: nothing of it may go on holding one, with its output.
      unsubscribe();
      options.onGone();
      this.#sink?.onClose();
    };
    const unsubscribe = options.onLinkLost(over);
    // An unheard stream error would end the process; what it means is said by `close`.
    channel.on("error", () => undefined);
    channel.stderr.on("error", () => undefined);
    channel.on("data", (chunk: Buffer) => this.#emit("stdout", chunk));
    channel.stderr.on("data", (chunk: Buffer) => this.#emit("stderr", chunk));
    channel.once("close", over);
  }

  get open(): boolean {
    return this.#open;
  }

  attach(sink: ShellSink): void {
    this.#sink = sink;
    if (!this.#open) queueMicrotask(() => sink.onClose());
  }

  send(script: string): void {
    if (this.#open) this.#channel.write(script);
  }

  end(script: string): void {
    if (this.#open) this.#channel.end(script);
  }

  destroy(): void {
    // `destroy()` of the stream would free our side only; `close()` ends the channel on both.
    if (this.#open) this.#channel.close();
  }

  #emit(stream: StreamName, chunk: Buffer): void {
    this.#sink?.onOutput(stream, chunk);
  }
}

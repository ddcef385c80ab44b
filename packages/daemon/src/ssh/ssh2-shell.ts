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

  constructor(channel: ClientChannel, options: { onGone: () => void; linkClosed: Promise<unknown> }) {
    this.#channel = channel;
    const over = (): void => {
      if (!this.#open) return;
      this.#open = false;
      options.onGone();
      this.#sink?.onClose();
    };
    // An unheard stream error would end the process; what it means is said by `close`.
    channel.on("error", () => undefined);
    channel.stderr.on("error", () => undefined);
    channel.on("data", (chunk: Buffer) => this.#emit("stdout", chunk));
    channel.stderr.on("data", (chunk: Buffer) => this.#emit("stderr", chunk));
    channel.once("close", over);
    void options.linkClosed.then(over);
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

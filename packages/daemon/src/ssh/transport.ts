import type { Duplex } from "node:stream";
import type { MtuiError } from "@mtui/core/protocol";

export type StreamName = "stdout" | "stderr";

/** Receives what a remote shell writes. Nothing is buffered before a sink is attached. */
export interface ShellSink {
  onOutput(stream: StreamName, chunk: Buffer): void;
  /** The channel is over: ended by the peer, by `destroy`, or with the link. Called once. */
  onClose(): void;
}

/**
 * One `/bin/sh` on the far side, fed through its standard input. It leads its own session, so its
 * process id is the id of the process group of everything that it starts.
 */
export interface RemoteShell {
  readonly open: boolean;
  attach(sink: ShellSink): void;
  send(script: string): void;
  /** Send and close its standard input. */
  end(script: string): void;
  destroy(): void;
}

/**
 * One authenticated connection to one host. The wrapper around ssh2 is the only implementation
 * today; the interface leaves room for OpenSSH itself (certificates, FIDO keys).
 */
export interface Transport extends AsyncDisposable {
  readonly connected: boolean;
  /** Resolves, never rejects, with the reason when the link is gone. */
  readonly closed: Promise<MtuiError>;
  /**
   * @param reserved uses the place that is kept for the control shell instead of the common ones.
   * @param once a refusal stands; otherwise a host that has no channel free is asked again for some seconds.
   * @throws MtuiError host.lost (the link is gone), host.unsupported (the host refuses channels),
   *   request.cancelled.
   */
  openShell(options?: { reserved?: boolean; once?: boolean; signal?: AbortSignal }): Promise<RemoteShell>;
  /** A TCP connection made by the far side, for ProxyJump. @throws MtuiError host.unreachable, host.lost */
  forward(host: string, port: number): Promise<Duplex>;
  /** Says goodbye first; a host that does not answer that has two seconds. */
  close(): Promise<void>;
  /** Ends it at once and without a word, for a host that may not answer. `closed` resolves. */
  destroy(): void;
}

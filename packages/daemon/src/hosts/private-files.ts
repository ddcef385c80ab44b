import type { Clock } from "@mtui/core/clock";
import type { LockPort } from "./lock-port.ts";

const TIDY_MS = 400;

/**
 * The files that our locks were linked from: removed with the lock, or when the host is quiet, which is
 * a process less while many hosts are being locked at once.
 */
export class PrivateFiles {
  readonly #port: LockPort;
  readonly #clock: Clock;
  readonly #untidy = new Set<string>();
  #stop: (() => void) | undefined;

  constructor({ port, clock }: { port: LockPort; clock: Clock }) {
    this.#port = port;
    this.#clock = clock;
  }

  tidyLater(...nonces: readonly (string | undefined)[]): void {
    for (const nonce of nonces) if (nonce !== undefined) this.#untidy.add(nonce);
    this.#stop ??= this.#clock.after(TIDY_MS, () => void this.tidy());
  }

  /** Somebody else removed it. */
  gone(nonce: string): void {
    this.#untidy.delete(nonce);
  }

  /** Removes what `tidyLater` left; before closing. */
  async tidy(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    const nonces = [...this.#untidy];
    if (nonces.length === 0) return;
    this.#untidy.clear();
    const done = await this.#port.tidy(nonces);
    // A directory that refuses now may not refuse the next time.
    if (!done) for (const nonce of nonces) this.#untidy.add(nonce);
  }
}

import { toMtuiError } from "@mtui/core/protocol";
import type { DropStep, SwapStep } from "./lock-port.ts";
import { GUARD_SECONDS } from "./lock-script.ts";
import { type LockView, lookAtLock } from "./lock-taking.ts";
import type { PrivateFiles } from "./private-files.ts";
import type { LockKind } from "./remote-paths.ts";
import type { HeldLock, LockReading, LockRelease, LockTaking } from "./session.ts";

/** A script whose connection broke may wait for the guard as long as that lets it, and is then soon done. */
const LATE_MS = GUARD_SECONDS * 1000 + 2000;

/** The single steps on a host's lock files, whose failures are answers, too: they say what may be there now. */
export class LockSteps {
  readonly #view: LockView;
  readonly #files: PrivateFiles;

  constructor(view: LockView, files: PrivateFiles) {
    this.#view = view;
    this.#files = files;
  }

  async read(kind: LockKind): Promise<LockReading> {
    try {
      return (await lookAtLock(this.#view, kind)).reading;
    } catch (error) {
      return { state: "unreadable", reason: toMtuiError(error).message };
    }
  }

  async swap(step: SwapStep): Promise<LockTaking> {
    const { lock, mustExist } = step;
    this.#files.tidyLater(lock.nonce);
    try {
      const answer = await this.#view.port.swap(step);
      if (answer.state === "taken") return { state: "taken", lock };
      if (answer.state === "error") return answer;
      return { state: "refused", by: await this.read(lock.kind) };
    } catch (error) {
      const reason = toMtuiError(error).message;
      const sure = mustExist === true || !wasSent(error);
      return { state: "error", reason, ...(sure ? {} : { left: this.unsure(lock) }) };
    }
  }

  async drop(step: DropStep): Promise<LockRelease> {
    try {
      const answer = await this.#view.port.drop(step);
      if (answer.state === "released" && step.nonce !== undefined) this.#files.gone(step.nonce);
      if (answer.state !== "foreign") return answer;
      // Whose it is decides what comes of it: who cannot ask does not know.
      return { state: "foreign", by: (await lookAtLock(this.#view, step.kind)).reading };
    } catch (error) {
      return { state: "error", reason: toMtuiError(error).message };
    }
  }

  /** Its file may be there, or come, until the step that was to write it is over for certain. */
  unsure(lock: HeldLock): HeldLock {
    return { ...lock, unsureUntil: this.#view.clock.now() + LATE_MS };
  }
}

/** A host that could not be connected to was not asked: nothing can have come of it. */
export function wasSent(error: unknown): boolean {
  return !["host.unreachable", "host.auth", "host.key"].includes(toMtuiError(error).kind);
}

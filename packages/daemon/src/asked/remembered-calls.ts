import { type ErrorReport, fromReport, MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import { type AskedCall, assertSame, REMEMBER_MS } from "./asked-call.ts";
import { answerTooLong, outcomeUnknown } from "./outcome-unknown.ts";

/** What a request was answered, or null while it is not. */
export type Answer =
  | { readonly state: "done"; readonly result: unknown }
  | { readonly state: "failed"; readonly error: ErrorReport }
  /** It was carried out; its result was too long to be kept. */
  | { readonly state: "long"; readonly bytes: number };

export interface CallRow {
  readonly at: number;
  readonly params: string;
  readonly answer: Answer | null;
}

/** Where requests are written down. */
export interface CallJournal {
  all(): readonly [id: string, row: CallRow][];
  find(id: string): CallRow | null;
  /** @returns false when it could not be written */
  save(id: string, row: CallRow): boolean;
  forget(ids: readonly string[]): void;
  /** @throws MtuiError state.io */
  assertWritable(): void;
}

/** Of one answer, and of all together, in characters of JSON. */
const MAX_RESULT = 256 * 1024;
const MAX_RESULTS = 64 * 1024 * 1024;
/** Requests remembered; beyond, the oldest that have an answer go early. */
const MAX_CALLS = 4096;

interface Running {
  readonly params: string;
  readonly answer: Promise<unknown>;
  readonly abort: AbortController;
}

/**
 * Requests with an idempotency key that start no job (docs/formats/wire.md, "Asking again"). One is `begun` when
 * it is written down, before anything is done, and `answered` with its result or error. While it is under way
 * whoever asks again gets the same promise. One that is begun and not under way was begun by a former life of
 * the daemon: what came of it nobody knows, and it is not done again.
 */
export class RememberedCalls {
  readonly #clock: Clock;
  readonly #journal: CallJournal;
  readonly #running = new Map<string, Running>();
  /** In the order in which they were begun. A row that could not be written stays here. */
  readonly #known = new Map<string, { at: number; size: number; unwritten?: CallRow }>();
  #size = 0;

  constructor({ clock, journal }: { clock: Clock; journal: CallJournal }) {
    this.#clock = clock;
    this.#journal = journal;
    // One without an answer was under way until the former life ended, however long ago it had begun.
    const rows = journal
      .all()
      .toSorted(([, a], [, b]) => a.at - b.at)
      .map(([id, { at, answer }]) => ({ id, at: answer === null ? clock.now() : at, size: sizeOf(answer) }));
    for (const { id, ...known } of rows.toSorted((a, b) => a.at - b.at)) this.#count(id, known);
  }

  /**
   * Carries it out, unless it was asked for before. A caller that is merely gone does not end it, because it may
   * ask again; one that cancels it does.
   * @param work what to do, until its signal fires
   * @throws MtuiError params.invalid, outcome.unknown, state.io, and what it was answered
   */
  async once(
    asked: AskedCall,
    { signal, work }: { signal: AbortSignal; work: (signal: AbortSignal) => Promise<unknown> },
  ): Promise<unknown> {
    this.#forgetOld();
    const running = this.#running.get(asked.id) ?? this.#begin(asked, work);
    assertSame(asked, running);
    const cancel = (): void => {
      if (!isGone(signal)) running.abort.abort(signal.reason);
    };
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await running.answer;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  #begin(asked: AskedCall, work: (signal: AbortSignal) => Promise<unknown>): Running {
    const { id, params } = asked;
    const former = this.#known.get(id)?.unwritten ?? this.#journal.find(id);
    const abort = new AbortController();
    if (former !== null) {
      assertSame(asked, former);
      return { params, abort, answer: again(asked, former) };
    }
    const row = { at: this.#clock.now(), params, answer: null };
    this.#writeDown(id, row);
    this.#count(id, { at: row.at, size: 0 });
    const answer = this.#carryOut(id, { row, work: () => work(abort.signal) });
    const running = { params, answer, abort };
    this.#running.set(id, running);
    const over = (): void => void this.#running.delete(id);
    answer.then(over, over);
    return running;
  }

  /** Nothing is begun that the next life would not know of. @throws MtuiError state.io */
  #writeDown(id: string, row: CallRow): void {
    if (this.#journal.save(id, row)) return;
    this.#journal.assertWritable();
    if (this.#journal.save(id, row)) return;
    throw new MtuiError("state.io", "The request could not be written down, so it was not begun.", {
      retryable: true,
      hint: "See why: mtuictl daemon logs",
    });
  }

  async #carryOut(
    id: string,
    { row, work }: { row: CallRow; work: () => Promise<unknown> },
  ): Promise<unknown> {
    try {
      const result = await work();
      this.#answer(id, row, doneWith(result));
      return result;
    } catch (thrown) {
      // Whatever it is, the work may have been done before it failed: also on a disk that filled up meanwhile.
      this.#answer(id, row, { state: "failed", error: toMtuiError(thrown).toReport() });
      throw thrown;
    }
  }

  #answer(id: string, row: CallRow, answer: Answer): void {
    const answered = { ...row, at: this.#clock.now(), answer };
    const known = { at: answered.at, size: sizeOf(answer) };
    this.#uncount(id);
    this.#count(id, this.#journal.save(id, answered) ? known : { ...known, unwritten: answered });
  }

  #forgetOld(): void {
    const oldest = this.#clock.now() - REMEMBER_MS;
    const old: string[] = [];
    let [count, size] = [this.#known.size, this.#size];
    for (const [id, known] of this.#known) {
      const tooMany = count >= MAX_CALLS || size > MAX_RESULTS;
      if (known.at >= oldest && !tooMany) break;
      if (this.#running.has(id)) continue;
      old.push(id);
      count -= 1;
      size -= known.size;
    }
    if (old.length > 0) this.#forget(old);
  }

  #forget(ids: readonly string[]): void {
    for (const id of ids) this.#uncount(id);
    this.#journal.forget(ids);
  }

  #count(id: string, known: { at: number; size: number; unwritten?: CallRow }): void {
    this.#known.set(id, known);
    this.#size += known.size;
  }

  #uncount(id: string): void {
    this.#size -= this.#known.get(id)?.size ?? 0;
    this.#known.delete(id);
  }
}

/** What it was answered the first time. */
async function again(asked: AskedCall, { at, answer }: CallRow): Promise<unknown> {
  switch (answer?.state) {
    case undefined:
      throw outcomeUnknown(asked, at);
    case "long":
      throw answerTooLong(asked, answer.bytes);
    case "failed":
      throw fromReport(answer.error);
    case "done":
      return answer.result;
  }
}

function doneWith(result: unknown): Answer {
  const bytes = JSON.stringify(result)?.length ?? 0;
  return bytes > MAX_RESULT ? { state: "long", bytes } : { state: "done", result };
}

function sizeOf(answer: Answer | null): number {
  return answer === null ? 0 : JSON.stringify(answer).length;
}

/** The connection is lost, which is no wish of anybody's. */
function isGone({ reason }: AbortSignal): boolean {
  return reason instanceof MtuiError && reason.data?.["gone"] === true;
}

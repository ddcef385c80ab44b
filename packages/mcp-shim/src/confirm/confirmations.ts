import { createHash, randomUUID } from "node:crypto";
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type ServerContext,
  SdkError,
  SdkErrorCode,
} from "@modelcontextprotocol/server";
import { MtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import type { Limits } from "../limits.ts";

export interface ConfirmationOptions {
  readonly clock: Clock;
  readonly limits: Pick<Limits, "confirmMs">;
}

export interface Asking {
  readonly request: Pick<ServerContext, "mcpReq">;
  /** What the client of a session has declared; without sessions each request says it. */
  readonly capabilities: ClientCapabilities | undefined;
  /** The call that it is about: an answer counts for this one alone. */
  readonly call: { readonly name: string; readonly params: unknown };
}

interface Open {
  readonly digest: string;
  readonly until: number;
}

/** Questions of one client that nobody has answered yet; the oldest go. */
const MOST_OPEN = 64;
const KEY = "go_ahead";

/**
 * Asks the person behind a client, where the client can. In a session that is a request to the client; without
 * sessions the call is answered with the question, and comes again with the answer: what was asked is remembered
 * here under a name that nobody can guess, so that an answer counts once, for the call that it was asked for.
 */
export class Confirmations {
  readonly #options: ConfirmationOptions;
  readonly #open = new Map<string, Open>();

  constructor(options: ConfirmationOptions) {
    this.#options = options;
  }

  /**
   * @returns null = go on; otherwise what the client is to be answered
   * @throws MtuiError request.cancelled, request.timeout: nothing has been done
   */
  async ask(question: string, asking: Asking): Promise<InputRequiredResult | null> {
    const { envelope } = asking.request.mcpReq;
    const capabilities = declaredIn(envelope) ?? asking.capabilities;
    if (!canAsk(capabilities)) return null;
    if (envelope === undefined) return this.#push(question, asking);
    return this.#pull(question, asking);
  }

  async #push(question: string, { request }: Asking): Promise<null> {
    const { signal } = request.mcpReq;
    const { confirmMs } = this.#options.limits;
    const answer = await request.mcpReq
      .elicitInput(form(question), { timeout: confirmMs, signal })
      .catch((thrown: unknown) => {
        if (signal.aborted) throw notDone(question, "the call was cancelled");
        const isLate = thrown instanceof SdkError && thrown.code === SdkErrorCode.RequestTimeout;
        if (isLate) throw tooLate(question, confirmMs);
        throw notDone(question, "the client could not ask its person");
      });
    if (answer.action !== "accept") throw refused(question, answer.action);
    return null;
  }

  #pull(question: string, { request: { mcpReq }, call }: Asking): InputRequiredResult | null {
    const { clock, limits } = this.#options;
    const digest = createHash("sha256").update(JSON.stringify(call)).digest("hex");
    const state = mcpReq.requestState();
    const open = typeof state === "string" ? this.#open.get(state) : undefined;
    const view = inputResponse(mcpReq.inputResponses, KEY);
    // An answer to something else, or to nothing, is none.
    if (open === undefined || open.digest !== digest || view.kind !== "elicit")
      return this.#question(question, digest);
    this.#open.delete(String(state));
    if (clock.now() > open.until) throw tooLate(question, limits.confirmMs);
    if (view.action !== "accept") throw refused(question, view.action);
    return null;
  }

  #question(question: string, digest: string): InputRequiredResult {
    const { clock, limits } = this.#options;
    const requestState = randomUUID();
    this.#open.set(requestState, { digest, until: clock.now() + limits.confirmMs });
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest);
    return inputRequired({ requestState, inputRequests: { [KEY]: inputRequired.elicit(form(question)) } });
  }
}

/** Nothing is to be filled in: accepting is the answer. */
function form(message: string) {
  return { mode: "form" as const, message, requestedSchema: { type: "object" as const, properties: {} } };
}

/** What a request without a session says of its client; checked by the SDK, which gives it no type. */
function declaredIn(
  envelope: { readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined,
): ClientCapabilities | undefined {
  return envelope?.[CLIENT_CAPABILITIES_META_KEY];
}

/** A client that names no mode has forms. */
function canAsk(capabilities: ClientCapabilities | undefined): boolean {
  const elicitation = capabilities?.elicitation;
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
}

function refused(question: string, action: "decline" | "cancel"): MtuiError {
  return notDone(question, action === "decline" ? "the person declined" : "the person gave no answer");
}

function notDone(question: string, why: string): MtuiError {
  return new MtuiError("request.cancelled", `Nothing was done, since ${why}. The question was: ${question}`, {
    hint: "Go on without it, or tell your person why it is needed before you try again.",
  });
}

function tooLate(question: string, ms: number): MtuiError {
  return notDone(question, `no answer came within ${ms / 1000} s`);
}

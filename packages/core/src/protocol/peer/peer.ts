import type { Duplex } from "node:stream";
import type { JSONRPCResponse } from "json-rpc-2.0";
import { MtuiError, toMtuiError } from "../errors.ts";
import { encodeLine } from "../framing/encode.ts";
import { type LineSplitter, lineSplitter } from "../framing/line-splitter.ts";
import { type Message, type Params, parseMessage, type RequestId } from "../framing/message.ts";
import { WIRE_LIMITS, type WireLimits } from "../limits.ts";
import { fromWireError, toWireError } from "../wire-error.ts";
import { incomingCalls } from "./incoming.ts";
import type { CallOptions, PeerEvent, PeerOptions } from "./options.ts";
import { outgoingCalls } from "./outgoing.ts";
import { connectionLost, lineTooLong, tooManyRequests } from "./refusals.ts";

/**
 * One end of a conversation (docs/formats/wire.md). It is `open` until either end breaks the rules
 * or hangs up. `closing`: what was written may still be read by the other end, for `lingerMs` at
 * most; what arrives is thrown away. `closed`: the socket is gone, all calls of both directions
 * have been settled. There is no way back.
 */
export class Peer implements AsyncDisposable {
  readonly closed: Promise<void>;
  readonly #stream: Duplex;
  readonly #limits: WireLimits;
  readonly #options: PeerOptions;
  readonly #splitter: LineSplitter;
  readonly #incoming: ReturnType<typeof incomingCalls>;
  readonly #outgoing: ReturnType<typeof outgoingCalls>;
  #state: "open" | "closing" | "closed" = "open";
  #reason: MtuiError | null = null;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#stream = options.stream;
    this.#limits = { ...WIRE_LIMITS, ...options.limits };
    this.#incoming = incomingCalls({
      service: options.service,
      progressMs: this.#limits.progressMs,
      sendProgress: (id, value) => this.#sendDroppable("$/progress", { id, value }),
      onEvent: (event) => this.#tell(event),
    });
    this.#outgoing = outgoingCalls({
      remote: options.remote,
      limits: this.#limits,
      write: (line) => this.#write(line),
      reply: options.reply,
    });
    this.#splitter = lineSplitter({
      maxBytes: this.#limits.lineBytes,
      onLine: (line) => this.#onLine(line),
      onTooLong: () => this.#breach(null, lineTooLong(this.#limits)),
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#stream.on("error", (error) => this.#settleAll(connectionLost(this.#options.remote, error)));
    this.#stream.on("end", () => this.#settleAll(connectionLost(this.#options.remote)));
    this.#stream.on("close", () => {
      this.#settleAll(connectionLost(this.#options.remote));
      this.#state = "closed";
      resolve();
    });
    this.#stream.on("drain", () => this.#stream.resume());
    this.#stream.on("data", (chunk: Buffer) => this.#splitter.push(chunk));
  }

  get open(): boolean {
    return this.#state === "open";
  }

  /** Requests of the other end that have no reply yet. */
  get serving(): number {
    return this.#incoming.size;
  }

  /**
   * Call a method of the other end.
   * @throws MtuiError what the other end answered; `request.cancelled`, `request.timeout`,
   *   `protocol.limit`; `daemon.unreachable` when the connection is or gets lost: whether the
   *   request was carried out is then unknown.
   */
  call(method: string, params: Params, options: CallOptions = {}): Promise<unknown> {
    if (this.#state !== "open") return Promise.reject(this.#reason ?? connectionLost(this.#options.remote));
    return this.#outgoing.call(method, params, options);
  }

  /** Hang up; with an error, the other end is told why first. */
  close(error?: MtuiError): void {
    if (this.#state !== "open") return;
    if (error !== undefined) this.#respond({ jsonrpc: "2.0", id: null, error: toWireError(error) });
    this.#settleAll(error ?? new MtuiError("request.cancelled", "The connection was closed at this end."));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #onLine(line: Buffer): void {
    const message = parseMessage(line, this.#limits);
    if (message !== null) this.#onMessage(message);
  }

  #onMessage(message: Message): void {
    switch (message.type) {
      case "request":
        return this.#onRequest(message);
      case "notification":
        return this.#onNotification(message.method, message.params);
      case "reply":
        return this.#outgoing.receive({ jsonrpc: "2.0", id: message.id, result: message.result });
      case "refusal":
        return this.#onRefusal(message.id, message.error);
      case "invalid":
        return this.#onInvalid(message);
    }
  }

  #onRequest({ type: _type, ...request }: Extract<Message, { type: "request" }>): void {
    if (this.#incoming.has(request.id)) {
      this.#refuse(null, new MtuiError("protocol.invalid", "A request with the same id is still in flight."));
      return;
    }
    if (this.#incoming.size >= this.#limits.callsInFlight) {
      this.#breach(request.id, tooManyRequests(this.#limits));
      return;
    }
    this.#incoming.run(request).then(
      (response) => this.#respond(response),
      (thrown) => this.#refuse(request.id, toMtuiError(thrown)),
    );
  }

  #onNotification(method: string, params: Params): void {
    const id = params["id"];
    if (method === "$/cancelRequest" && (typeof id === "string" || typeof id === "number")) {
      this.#incoming.cancel(id);
    } else if (method === "$/progress") {
      this.#outgoing.progress(id, params["value"]);
    } else {
      // Nobody would see its result, so an operation is never run from a notification.
      this.#tell({ event: "refused", method, message: "A notification was ignored." });
    }
  }

  /** An error without an id settles no call, so it is taken for all of them. */
  #onRefusal(id: RequestId | null, error: unknown): void {
    if (id !== null) {
      this.#outgoing.receive({ jsonrpc: "2.0", id, error: error as { code: number; message: string } });
    } else if (this.#options.service === undefined) {
      this.#settleAll(fromWireError(error));
    }
  }

  #onInvalid({ id, error, breach }: Extract<Message, { type: "invalid" }>): void {
    if (this.#options.service === undefined) {
      // Whatever it was, it may have been the reply that somebody waits for.
      this.#settleAll(
        new MtuiError(
          "protocol.invalid",
          `${this.#options.remote} sent something unreadable: ${error.message}`,
          {
            hint: "Is another program behind that socket? See: mtuictl daemon status",
          },
        ),
      );
    } else if (breach) {
      this.#breach(id, error);
    } else {
      this.#refuse(id, error);
    }
  }

  #refuse(id: RequestId | null, error: MtuiError): void {
    this.#tell({ event: "refused", message: error.message });
    this.#respond({ jsonrpc: "2.0", id, error: toWireError(error) });
  }

  #breach(id: RequestId | null, error: MtuiError): void {
    this.#refuse(id, error);
    this.#settleAll(error);
  }

  #respond(response: JSONRPCResponse): void {
    let line: Buffer;
    try {
      line = encodeLine(response, this.#limits.lineBytes);
    } catch (thrown) {
      const error = toWireError(toMtuiError(thrown));
      line = encodeLine({ jsonrpc: "2.0", id: response.id, error }, this.#limits.lineBytes);
    }
    this.#write(line);
  }

  #sendDroppable(method: string, params: Params): void {
    if (this.#stream.writableNeedDrain) return;
    try {
      this.#write(encodeLine({ jsonrpc: "2.0", method, params }, this.#limits.lineBytes));
    } catch (thrown) {
      this.#tell({ event: "failed", method, message: "A notification was not sent.", error: thrown });
    }
  }

  /**
   * A peer that does not read is not read from either, so that it cannot ask for more than the calls
   * it has in flight; replies are never dropped, but a pile of them beyond the limit ends it.
   */
  #write(line: Buffer): void {
    if (this.#state !== "open" || !this.#stream.writable) return;
    if (this.#stream.write(line)) return;
    if (this.#stream.writableLength > this.#limits.queuedBytes) {
      const message = `${this.#options.remote} did not read ${this.#stream.writableLength} bytes of replies.`;
      this.#tell({ event: "cut", message });
      this.#settleAll(new MtuiError("protocol.limit", message));
      this.#stream.destroy();
    } else if (this.#options.service !== undefined) {
      this.#stream.pause();
    }
  }

  /** The one way out of `open`. */
  #settleAll(reason: MtuiError): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#reason = reason;
    this.#splitter.stop();
    this.#incoming.abandon(
      new MtuiError("request.cancelled", `${this.#options.remote} is gone.`, {
        cause: reason,
        // Nobody's wish: what may be asked again goes on.
        data: { gone: true },
      }),
    );
    this.#outgoing.failAll(reason);
    this.#tell({ event: "ended", message: reason.message, error: reason });
    this.#stream.resume();
    this.#stream.end();
    const linger = setTimeout(() => this.#stream.destroy(), this.#limits.lingerMs);
    this.#stream.once("close", () => clearTimeout(linger));
  }

  #tell(event: PeerEvent): void {
    this.#options.onEvent?.(event);
  }
}

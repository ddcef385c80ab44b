import type { DaemonClient } from "@mtui/core/client";
import { type CallOptions, MtuiError } from "@mtui/core/protocol";

export interface Asked {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly key: string | undefined;
}

export type Answer = (asked: Asked, options: CallOptions) => unknown;

export interface FakeClient extends DaemonClient {
  readonly asked: Asked[];
  /** The connection breaks: all calls fail. */
  lose(kind?: "daemon.unreachable" | "daemon.stopping"): void;
  readonly disposed: boolean;
}

interface FakeOptions {
  readonly features?: readonly string[];
  readonly namespace?: string;
}

/** An answer that never comes. */
export const silence: Answer = () => new Promise(() => {});

/** A connection to a daemon that answers from functions; without one it says `true`. */
export function fakeClient(
  answers: Readonly<Record<string, Answer>> = {},
  options: FakeOptions = {},
): FakeClient {
  const { features = ["idempotency", "heartbeat"], namespace = "me" } = options;
  const closed = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  const asked: Asked[] = [];
  let disposed = false;
  return {
    asked,
    get disposed() {
      return disposed;
    },
    hello: {
      protocol: 1,
      version: "0.1.0",
      build: "test",
      pid: 4711,
      daemon_id: "d",
      started_at: 0,
      config: [],
      active_jobs: 0,
      workspaces: 0,
      warning: null,
      namespace,
      reply_bytes: 20_000,
      features,
    },
    closed: closed.promise,
    lose(kind = "daemon.unreachable") {
      lost.reject(new MtuiError(kind, "The connection to mtuid is lost."));
      closed.resolve();
    },
    async call(method, params, callOptions = {}) {
      const one = { method, params, key: callOptions.idempotencyKey };
      asked.push(one);
      const { signal } = callOptions;
      const aborted = new Promise<never>((_resolve, reject) => {
        const abort = (): void => reject(new MtuiError("request.cancelled", "cancelled"));
        if (signal?.aborted) abort();
        signal?.addEventListener("abort", abort, { once: true });
      });
      const answer = async (): Promise<unknown> => (answers[method] ?? (() => true))(one, callOptions);
      return await Promise.race([aborted, lost.promise, answer()]);
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      closed.resolve();
    },
  };
}

import type { DaemonClient } from "@mtui/core/client";
import { MtuiError } from "@mtui/core/protocol";
import { checkParams } from "../../../packages/daemon/src/server/validate.ts";
import { type InputOf, type OperationName, operationsByName, type ResultOf } from "@mtui/core/registry";

type Handler<N extends OperationName> = (params: InputOf<N>, signal: AbortSignal | undefined) => unknown;
export type Script = { [N in OperationName]?: ResultOf<N> | Handler<N> };

export interface FakeDaemon extends DaemonClient {
  /** What was asked, in order, after validation. */
  readonly calls: { method: string; params: unknown }[];
}

/**
 * A daemon that answers from a script. Parameters and answers pass the registry's own schemas, so that
 * neither the client nor this fake can drift from them.
 */
export function fakeDaemon(script: Script): FakeDaemon {
  const calls: FakeDaemon["calls"] = [];
  return {
    calls,
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
      namespace: null,
      reply_bytes: 20_000,
      features: [],
    },
    closed: new Promise(() => {}),
    async call(method, params, options) {
      const operation = operationsByName.get(method);
      if (operation === undefined) throw new MtuiError("method.unknown", `no ${method}`);
      checkParams(operation, params);
      calls.push({ method, params });
      const answer: unknown = script[method as OperationName];
      if (answer === undefined) throw new Error(`the script has no answer to ${method}`);
      const result: unknown = typeof answer === "function" ? await answer(params, options?.signal) : answer;
      return operation.result.parse(result);
    },
    async [Symbol.asyncDispose]() {},
  };
}

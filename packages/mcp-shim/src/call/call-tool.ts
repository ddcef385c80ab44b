import { randomUUID } from "node:crypto";
import {
  type CallToolResult,
  type InputRequiredResult,
  type ServerContext,
  SdkError,
  SdkErrorCode,
} from "@modelcontextprotocol/server";
import { type CommandTable, MtuiError, type OperationEntry, toMtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import type { Limits } from "../limits.ts";
import type { DaemonLink } from "../link/index.ts";
import { failureOf, type ReplyContext, replyOf } from "../reply/index.ts";
import { checkArguments, workspaceOf } from "../tools/index.ts";
import { onePage } from "./one-page.ts";
import { plainCall } from "./plain-call.ts";
import { progressOf } from "./progress.ts";
import { type CallOptions, KnownFailure, slowCall } from "./slow-call.ts";

export interface CallContext {
  /** For hints in the language of tools. */
  readonly table: CommandTable;
  readonly link: DaemonLink;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Asks a person before a call is made; null = go on. */
export type Confirm = (
  entry: OperationEntry,
  call: {
    readonly params: Readonly<Record<string, unknown>>;
    /** Progress of the call: people take their time. */
    readonly tell: (text: string) => void;
  },
) => Promise<InputRequiredResult | null>;

/**
 * One call of a tool, from what the agent sent to what it reads. What goes wrong is the tool's answer too, with
 * the kind to decide by and the hint to go on with.
 */
export async function callTool(
  entry: OperationEntry,
  args: Readonly<Record<string, unknown>>,
  {
    request,
    confirm,
    ...parts
  }: CallContext & { request: Pick<ServerContext, "mcpReq">; confirm: Confirm | null },
): Promise<CallToolResult | InputRequiredResult> {
  const { link, clock, limits } = parts;
  using progress = progressOf(request, { clock, limits, quick: !entry.slow });
  const { signal } = request.mcpReq;
  const options: CallOptions = {
    link,
    clock,
    limits,
    signal,
    gone: () => signal.reason instanceof SdkError && signal.reason.code === SdkErrorCode.ConnectionClosed,
    key: randomUUID(),
    tell: (text) => progress.tell(text),
  };
  return await settled(entry, args, { options, table: parts.table, confirm });
}

/** Whatever becomes of it is an answer. */
async function settled(
  entry: OperationEntry,
  args: Readonly<Record<string, unknown>>,
  { options, table, confirm }: { options: CallOptions; table: CommandTable; confirm: Confirm | null },
): Promise<CallToolResult | InputRequiredResult> {
  let params = args;
  const context = (): ReplyContext => ({
    operation: entry.name,
    params,
    budget: options.link.replyBytes,
    table,
  });
  try {
    params = await paramsFor(entry, args, options);
    const question = (await confirm?.(entry, { params, tell: options.tell })) ?? null;
    if (question !== null) return question;
    return await answer(entry, { params, options, context });
  } catch (thrown) {
    if (thrown instanceof KnownFailure) return failureOf(thrown.error, { ...context(), known: thrown.known });
    return failureOf(hinted(toMtuiError(thrown), entry), context());
  }
}

/** What the daemon is asked, from what the agent said. @throws MtuiError `params.invalid`, `workspace.unknown` */
async function paramsFor(
  entry: OperationEntry,
  args: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const { params, template } = checkArguments(entry, args);
  const paged = onePage(entry, { params, budget: options.link.replyBytes });
  return template === null ? paged : onTemplate(template, { params: paged, options });
}

async function answer(
  entry: OperationEntry,
  {
    params,
    options,
    context,
  }: {
    params: Readonly<Record<string, unknown>>;
    options: CallOptions;
    context: () => ReplyContext;
  },
): Promise<CallToolResult> {
  if (entry.slow) return replyOf(await slowCall(entry, params, options), context());
  options.tell(entry.name);
  const { result, note } = await plainCall(entry, params, options);
  return withNote(result, { note, context: context() });
}

/** The workspace where the report is loaded, by its name. */
async function onTemplate(
  template: string,
  { params, options }: { params: Readonly<Record<string, unknown>>; options: CallOptions },
): Promise<Readonly<Record<string, unknown>>> {
  const { link, limits, signal } = options;
  const call = { method: "list_workspaces", params: {}, signal, repeatable: true, timeoutMs: limits.readMs };
  const { workspaces } = (await link.call(call)) as {
    workspaces: { workspace: string; rrid: string | null }[];
  };
  const asked = params["workspace"] as string | undefined;
  return {
    ...params,
    workspace: workspaceOf(template, { views: workspaces, namespace: link.namespace, asked }),
  };
}

function withNote(
  result: unknown,
  { note, context }: { note: string | null; context: ReplyContext },
): CallToolResult {
  if (note === null) return replyOf(result, context);
  const reply = replyOf(result, { ...context, budget: context.budget - Buffer.byteLength(note) });
  return { ...reply, content: [...reply.content, { type: "text", text: note }] };
}

/** A limit that ran out says what may have happened. */
function hinted(error: MtuiError, entry: OperationEntry): MtuiError {
  if (error.kind !== "request.timeout" || error.hint !== undefined) return error;
  const hint =
    entry.effect === "read"
      ? "Ask again; daemon_status shows whether the daemon is well."
      : "It may still go on: look at list_workspaces, list_hosts and job_list before you repeat it.";
  return new MtuiError(error.kind, error.message, {
    hint,
    retryable: entry.effect === "read",
    cause: error,
    ...(error.data === undefined ? {} : { data: error.data }),
  });
}

import type { OperationEntry } from "@mtui/core/protocol";
import type { CallOptions } from "./slow-call.ts";

export interface PlainAnswer {
  readonly result: unknown;
  /** What the answer itself does not say of how it was come by. */
  readonly note: string | null;
}

/** A call that answers by itself: reads, and changes that are no jobs. */
export async function plainCall(
  entry: OperationEntry,
  params: Readonly<Record<string, unknown>>,
  { link, limits, signal, key }: CallOptions,
): Promise<PlainAnswer> {
  const reading = entry.effect === "read";
  const wait = cutWait(entry, { params, longest: limits.waitMs / 1000 });
  const result = await link.call({
    method: entry.name,
    params: wait === null ? { ...params } : { ...params, timeout: wait.seconds },
    signal,
    repeatable: reading,
    ...(reading ? {} : { key }),
    timeoutMs:
      wait === null ? (reading ? limits.readMs : limits.changeMs) : wait.seconds * 1000 + limits.slackMs,
  });
  const over =
    wait !== null && wait.asked > wait.seconds && (result as { finished?: unknown }).finished === false;
  return { result, note: over ? noteOf(entry.name, wait) : null };
}

interface Wait {
  readonly asked: number;
  readonly seconds: number;
}

/** `timeout` of a tool that waits for something to happen, in seconds. */
function cutWait(
  entry: OperationEntry,
  { params, longest }: { params: Readonly<Record<string, unknown>>; longest: number },
): Wait | null {
  const schema = entry.params.properties["timeout"];
  if (entry.effect !== "read" || schema?.type !== "number") return null;
  const asked = Number(params["timeout"] ?? schema.default ?? 0);
  return { asked, seconds: Math.min(asked, longest) };
}

function noteOf(name: string, { asked, seconds }: Wait): string {
  return `Waited ${seconds} s of the ${asked} s, which is as long as one call may last. This is the state so far; call ${name} again.`;
}

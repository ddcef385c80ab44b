import { MtuiError } from "@mtui/core/protocol";
import { z } from "zod";
import { STREAMS, type StreamId } from "./place.ts";

/** Where the next page of a job's output begins. */
export type PagePlace = StreamId & { readonly offset: number };

const shape = z.tuple([
  z.literal(1),
  z.string(),
  z.string(),
  z.number().int().min(0),
  z.enum(STREAMS),
  z.number().int().min(0),
]);

export function cursorOf(job: string, { host, step, stream, offset }: PagePlace): string {
  return Buffer.from(JSON.stringify([1, job, host, step, stream, offset])).toString("base64url");
}

/** @throws MtuiError params.invalid */
export function placeOf(job: string, cursor: string): PagePlace {
  const parsed = shape.safeParse(jsonOf(Buffer.from(cursor, "base64url").toString()));
  if (parsed.success && parsed.data[1] === job) {
    const [, , host, step, stream, offset] = parsed.data;
    return { host, step, stream, offset };
  }
  throw new MtuiError("params.invalid", `This is no cursor of the output of ${job}.`, {
    hint: "Take it from the page before, or begin without one.",
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

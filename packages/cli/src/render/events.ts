import type { DaemonEvent, ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import type { View } from "./view.ts";

export function renderEvents({ events, gap }: ResultOf<"list_events">, view: View): string[] {
  if (events.length === 0 && !gap) return ["No events."];
  return [...gapLines(gap, view), ...events.map((event) => eventLine(event, view))];
}

export function gapLines(gap: boolean, { style }: Pick<View, "style">): string[] {
  return gap ? [style.yellow("... events between are not kept any more")] : [];
}

/** `2026-11-22T12:00:00.000Z  claim.lost  w1  a.example  taken over by ...`; the cursor is in JSON. */
export function eventLine(event: DaemonEvent, { style }: Pick<View, "style">): string {
  const { type, workspace, host, job, text } = event;
  const about = [workspace, host, job].flatMap((word) => (word === undefined ? [] : [oneLine(word)]));
  const words = text === undefined ? dataWords(event.data) : oneLine(text);
  return [style.dim(moment(event.at)), oneLine(type), ...about, ...(words === "" ? [] : [words])].join("  ");
}

/** Of an event without a text: what says most in its data. */
function dataWords(data: DaemonEvent["data"]): string {
  for (const key of ["state", "ticket", "claim"]) {
    const value = data?.[key];
    if (typeof value === "string") return oneLine(value);
  }
  return "";
}

function moment(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "?" : date.toISOString();
}

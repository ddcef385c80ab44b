import type { ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { duration } from "./format.ts";
import { paint } from "./states.ts";
import type { View } from "./view.ts";

type Lock = ResultOf<"list_locks">["locks"][number];

export function renderLocks({ locks }: ResultOf<"list_locks">, view: View): string[] {
  if (locks.length === 0) return ["No hosts."];
  const rows = locks.map((lock) => [
    oneLine(lock.host),
    lock.kind,
    paint(lock.state, view.style),
    owner(lock),
    age(lock, view),
    oneLine(lock.comment ?? lock.text ?? ""),
  ]);
  return table(rows, { columns: view.columns });
}

function owner({ user, pid }: Lock): string {
  if (user === null) return "-";
  return oneLine(pid === null ? user : `${user} (pid ${pid})`);
}

function age({ age: seconds, stale }: Lock, { style }: View): string {
  if (seconds === null) return "-";
  return `${duration(seconds)}${stale ? ` ${style.yellow("stale")}` : ""}`;
}

export function renderUnlock({ hosts }: ResultOf<"unlock">, view: View): string[] {
  if (hosts.length === 0) return ["No hosts."];
  return hosts.map(({ host, state, was, message }) => {
    const before = was === null ? "" : `, was: ${oneLine(was)}`;
    const more = message === undefined ? "" : `: ${oneLine(message)}`;
    return `${oneLine(host)}: ${paint(state, view.style)}${more}${before}`;
  });
}

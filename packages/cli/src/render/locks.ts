import type { ResultOf } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { table } from "../terminal/table.ts";
import { duration } from "@mtui/core/text";
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
    oneLine(lock.workspace ?? "-"),
    oneLine(lock.rrid ?? "-"),
    age(lock, view),
    oneLine(words(lock)),
  ]);
  const header = ["host", "lock", "state", "owner", "workspace", "update", "age", "comment"].map((title) =>
    view.style.dim(title),
  );
  return table([header, ...rows], { columns: view.columns });
}

/** Without the ids that end a comment of ours; JSON has them. */
function words({ comment, text, state }: Lock): string {
  if (comment === null) return state === "free" ? "" : (text ?? "");
  return comment.replace(/^(mtui .*) d=\S+ n=\S+$/, "$1");
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
    const what = state === "absent" ? "was not locked" : paint(state, view.style);
    return `${oneLine(host)}: ${what}${more}${before}`;
  });
}

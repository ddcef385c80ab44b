import type { ResultOf } from "@mtui/core/registry";
import { duration, oneLine } from "@mtui/core/text";
import { hostsAndCount } from "../fold/host-names.ts";
import { groupBy, type Teller } from "./view.ts";

type Lock = ResultOf<"list_locks">["locks"][number];

const RANK = ["foreign", "malformed", "unreadable", "ours", "free"];

/** Other people's first. What they wrote into a lock is quoted. */
export const locksText: Teller<{ readonly locks: readonly Lock[] }> = ({ locks }) => {
  if (locks.length === 0) return ["No locks."];
  const rows = locks.map((lock) => ({ lock, text: lockText(lock) }));
  return groupBy(rows, ({ text }) => text)
    .sort((a, b) => RANK.indexOf(a[0]?.lock.state ?? "") - RANK.indexOf(b[0]?.lock.state ?? ""))
    .map((group) => `${hostsAndCount(group.map(({ lock }) => oneLine(lock.host)))}: ${group[0]?.text ?? ""}`);
};

function lockText({ kind, state, user, pid, age, stale, comment, text }: Lock): string {
  if (state === "free") return `${kind} lock free`;
  const who = user === null ? "" : ` by ${oneLine(user)}${pid === null ? "" : ` (pid ${pid})`}`;
  const old = age === null ? "" : `, ${duration(age)} old${stale ? ", stale" : ""}`;
  // Without the ids that end a comment of ours.
  const words = comment === null ? text : comment.replace(/^(mtui .*) d=\S+ n=\S+$/, "$1");
  return `${kind} lock ${state}${who}${old}${words === null ? "" : ` | ${oneLine(words)}`}`;
}

export const unlockText: Teller<ResultOf<"unlock">> = ({ hosts }) => {
  if (hosts.length === 0) return ["No hosts."];
  const rows = hosts.map(({ host, state, was, message }) => {
    const what =
      state === "absent" ? "was not locked" : state === "released" ? "unlocked" : state.toUpperCase();
    const why = message === undefined ? "" : `: ${oneLine(message)}`;
    return {
      host,
      bad: state === "foreign" || state === "error",
      text: `${what}${why}${was === null ? "" : `; was | ${oneLine(was)}`}`,
    };
  });
  return groupBy(rows, ({ text }) => text)
    .sort((a, b) => Number(b[0]?.bad) - Number(a[0]?.bad))
    .map((group) => `${hostsAndCount(group.map(({ host }) => oneLine(host)))}: ${group[0]?.text ?? ""}`);
};

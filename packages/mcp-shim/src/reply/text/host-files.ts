import type { ResultOf } from "@mtui/core/registry";
import { bytes, oneLine } from "@mtui/core/text";
import { hostsAndCount } from "../fold/host-names.ts";
import { toolCall } from "../hints/tool-call.ts";
import { errorText } from "./error.ts";
import { commandParts } from "./evidence.ts";
import { block, type Part } from "./part.ts";
import { groupBy, type Teller, utc } from "./view.ts";

type Failures = ResultOf<"get">["errors"];

export const getText: Teller<ResultOf<"get">> = ({ filename, files, errors }, { params }) => {
  const parts: Part[] = failureLines(errors);
  for (const file of files) {
    const { hosts, size, mode, encoding, content, offset, next_offset, sha256 } = file;
    const sum = sha256 === null ? `bytes ${offset} to ${offset + file.bytes}` : `sha256 ${sha256}`;
    parts.push(
      `${oneLine(filename)} on ${hostsAndCount(hosts)}: ${bytes(size)}, mode ${oneLine(mode)}, ${sum}`,
    );
    if (content === "") parts.push("(empty)");
    else if (encoding === "base64")
      parts.push("(no text; the content is base64)", block(content, { keep: "head" }));
    else parts.push(block(content, { keep: "head" }));
    if (next_offset !== null) {
      parts.push(`next: ${toolCall("get", { ...params, hosts: hosts.slice(0, 1), offset: next_offset })}`);
    }
  }
  return parts.length === 0 ? ["No hosts."] : parts;
};

function failureLines(errors: Failures): string[] {
  return groupBy(errors, ({ error }) => errorText(error)).map(
    (group) =>
      `failed on ${hostsAndCount(group.map(({ host }) => host))}: ${errorText((group[0] as Failures[number]).error)}`,
  );
}

/** Lines of one command's output; the log is for what happened, the job's output for all of it. */
const LOG_LINES = 60;

export const showLogText: Teller<ResultOf<"show_log">> = ({ hosts }) => {
  const rows = hosts.map(({ host, commands, earlier }) => ({ host, commands, earlier }));
  const same = groupBy(rows, ({ commands, earlier }) =>
    JSON.stringify([
      earlier,
      commands.map((each) => [each.command, each.state, each.exit, each.stdout, each.stderr]),
    ]),
  );
  const parts = same.flatMap((group): Part[] => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      `${hostsAndCount(group.map(({ host }) => host))}:`,
      ...(first.earlier > 0 ? [`  (${first.earlier} commands before)`] : []),
      ...(first.commands.length === 0 ? ["  nothing was run"] : []),
      ...first.commands.flatMap((command) => commandParts(command, LOG_LINES)),
    ];
  });
  return parts.length === 0 ? ["No hosts."] : parts;
};

export const historyText: Teller<ResultOf<"list_history">> = ({ hosts, errors }) => {
  const parts: Part[] = failureLines(errors);
  for (const group of groupBy(hosts, ({ entries, left_out }) => JSON.stringify([entries, left_out]))) {
    const { entries = [], left_out = 0 } = group[0] ?? {};
    parts.push(`${hostsAndCount(group.map(({ host }) => host))}:`);
    if (entries.length === 0) parts.push("  no entries");
    else
      parts.push(
        block(entries.map(({ at, user, text }) => oneLine(`${utc(at * 1000)} ${user} ${text}`)).join("\n"), {
          keep: "head",
        }),
      );
    if (left_out > 0) parts.push(`  (${left_out} older ones left out: ask with hosts=[one of these])`);
  }
  return parts.length === 0 ? ["No hosts."] : parts;
};

export const timeoutText: Teller<ResultOf<"list_timeout">> = ({ hosts }) => {
  if (hosts.length === 0) return ["No hosts."];
  return groupBy(hosts, ({ timeout }) => String(timeout)).map((group) => {
    const seconds = group[0]?.timeout ?? 0;
    return `${hostsAndCount(group.map(({ host }) => host))}: ${seconds === 0 ? "no limit" : `${seconds} s of silence`}`;
  });
};
